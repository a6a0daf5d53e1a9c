"""`relay`: what relays may get now, and which domains are spared because they asked for it."""

from datetime import datetime
from typing import Annotated

import typer

from staffetta.cli.opening import opened
from staffetta.cli.output import Json, Record, show, show_all
from staffetta.errors import NotFound
from staffetta.kit.clock import utc_now
from staffetta.sending import Known, SlowDomain, allowance, day_of, rate_at, read_pace, release
from staffetta.settings import Relay, read_settings

ALL_DOMAINS = "*"

app = typer.Typer(no_args_is_help=True)


@app.command()
def status(*, as_json: Json = False) -> None:
    """Show the configured relays, their limits, and how far they have warmed up."""
    relays, known, now = _read()
    show_all(
        [_described(relay, known, now) for relay in relays],
        as_json=as_json,
        nothing="No relay is configured: mail is caught and shown.",
    )


@app.command()
def slow(*, as_json: Json = False) -> None:
    """Show who asked for less mail, in what words, and what they get; `*` is everything that a relay gets."""
    _, known, now = _read()
    show_all([_spared(each, now) for each in known.slow], as_json=as_json, nothing="Nobody asked for less mail.")


@app.command("release")
def release_domain(
    domain: Annotated[str, typer.Argument(metavar="DOMAIN", help="As `relay slow` shows it.")], as_json: Json = False
) -> None:
    """Spare a domain no more."""
    with opened() as database, database.connection() as connection:
        released = release(connection, "" if domain == ALL_DOMAINS else domain.lower())
        if not released:
            raise NotFound(f"{domain} is not spared: see `staffetta relay slow`")
    show({"domain": domain, "relays": released}, as_json=as_json, hint="Senders heed it within seconds.")


def _read() -> tuple[list[Relay], Known, datetime]:
    now = utc_now()
    relays = [Relay.parse(url) for url in read_settings().relays]
    with opened() as database, database.connection() as connection:
        return relays, read_pace(connection, [relay.name for relay in relays if relay.warmup], now=now), now


def _described(relay: Relay, known: Known, now: datetime) -> Record:
    days = [(day, messages) for name, day, messages in known.days if name == relay.name]
    today = day_of(now)
    spared = [each for each in known.slow if each.relay == relay.name and rate_at(each, now) is not None]
    return {
        "relay": relay.name,
        "security": relay.security,
        "weight": relay.weight,
        "connections": relay.connections,
        "rate": relay.rate or None,
        "allowed_today": allowance(relay, days, today),
        "sent_today": sum(messages for day, messages in days if day == today) if relay.warmup else None,
        "slow_domains": [each.domain or ALL_DOMAINS for each in spared],
    }


def _spared(slow: SlowDomain, now: datetime) -> Record:
    rate = rate_at(slow, now)
    return {
        "relay": slow.relay,
        "domain": slow.domain or ALL_DOMAINS,
        "spared": rate is not None,
        "messages_a_minute": rate,
        "since": slow.since,
        "until": slow.until,
        "reply": slow.reply,
    }
