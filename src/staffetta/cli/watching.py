"""Watching a sending until it has come to its end: how far it is, how fast, and how long it will take."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import NamedTuple

from staffetta.accounts import Account
from staffetta.campaigns import CampaignSending, get_campaign_sending
from staffetta.cli.opening import somebody_sends
from staffetta.cli.output import Record, console, one_line
from staffetta.db import Database
from staffetta.kit.clock import utc_now
from staffetta.outbox import SendingState

# Often enough for a bar that moves, seldom enough to cost the sender nothing.
GLANCE_SECONDS = 0.2
# How long a server may be away, such as for a restart, before nobody is waited for.
PATIENCE_SECONDS = 5.0
# What shells say of a program that was interrupted.
INTERRUPTED = 130
NOBODY_SENDS = "Nobody sends it: run `staffetta up` (on PostgreSQL also `staffetta send`), and it begins by itself."


class Watched(NamedTuple):
    """How a sending stood when it was last looked at; `whole` says that it has come to its end."""

    sending: CampaignSending
    seconds: float
    whole: bool
    hint: str = ""
    exit_code: int = 0


async def watch(database: Database, account: Account, sending_id: int, *, patient: bool, shown: bool) -> Watched:
    """Show how far a sending is until it has ended, was stopped, or somebody presses Ctrl-C, which stops nothing else.

    `patient` is whether to wait at all; `shown` whether to people at a terminal, on standard error.
    """

    async def look() -> CampaignSending:
        return await database.read(account.id, get_campaign_sending, sending_id)

    began = perf_counter()
    sending = await look()
    later = (
        f"`staffetta sending show {sending_id}` shows how far it is, `staffetta sending stop {sending_id}` stops it."
    )
    if not await asyncio.to_thread(somebody_sends, database):
        return Watched(sending, 0.0, whole=False, hint=NOBODY_SENDS)
    if not patient or (sending.starts_at and sending.starts_at > utc_now()):
        return Watched(sending, 0.0, whole=False, hint=later)
    interrupted = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, interrupted.set)
    alive_at = perf_counter()
    try:
        with _bar(sending, shown=shown) as progress:
            while not has_stopped(sending):
                try:
                    await asyncio.wait_for(interrupted.wait(), GLANCE_SECONDS)
                except TimeoutError:
                    sending = await look()
                    progress(sending)
                else:
                    hint = f"No longer watched, and it goes on. {later}"
                    return Watched(sending, _since(began), whole=False, hint=hint, exit_code=INTERRUPTED)
                if perf_counter() - alive_at > PATIENCE_SECONDS:
                    if not await asyncio.to_thread(somebody_sends, database):
                        return Watched(sending, _since(began), whole=False, hint=f"The server is gone. {NOBODY_SENDS}")
                    alive_at = perf_counter()
    finally:
        loop.remove_signal_handler(signal.SIGINT)
    return Watched(sending, _since(began), whole=sending.ended_at is not None)


def has_stopped(sending: CampaignSending) -> bool:
    """Tell whether nothing more happens to a sending by itself."""
    return sending.ended_at is not None or sending.state in (SendingState.STOPPED, SendingState.DELETED)


def standing(sending: CampaignSending) -> str:
    """Return in a word where a sending stands."""
    match sending.state:
        case SendingState.DELETED:
            return "deleted"
        case SendingState.LATE:
            return "too late"
        case _ if sending.ended_at:
            return "ended"
        case SendingState.STOPPED:
            return "stopped"
        case _:
            return "running" if sending.begun_at else "waiting"


def described_sending(sending: CampaignSending) -> Record:
    """Return a sending as people and programs read it."""
    return {
        "id": sending.id,
        "message_id": sending.message_id,
        "list_id": sending.list_id,
        "subject": sending.subject,
        "state": standing(sending),
        "recipients": sending.addressed,
        "sent": sending.sent,
        "failed": sending.failed,
        "left_out": sending.left_out,
        "starts_at": sending.starts_at,
        "begun_at": sending.begun_at,
        "ended_at": sending.ended_at,
    }


def _since(began: float) -> float:
    return round(perf_counter() - began, 3)


@contextmanager
def _bar(sending: CampaignSending, *, shown: bool) -> Iterator[Callable[[CampaignSending], None]]:
    """Show people at a terminal how far it is, on standard error."""
    terminal = console(stderr=True)
    if not shown or not terminal.is_terminal:
        yield lambda _sending: None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415 - rarely shown

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}% {task.fields[words]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=terminal, transient=True) as progress:
        task = progress.add_task(one_line(sending.subject)[:40], total=max(1, sending.addressed), words="")
        began = perf_counter()

        def show(now: CampaignSending) -> None:
            done = now.sent + now.failed + now.left_out
            progress.update(
                task, completed=done, total=max(1, now.addressed), words=words_of(now, done / (perf_counter() - began))
            )

        yield show


def words_of(sending: CampaignSending, rate: float) -> str:
    """Return how far a sending is, and at which rate a second."""
    waiting = sending.claimed - sending.sent - sending.failed - sending.left_out
    counts = f"{sending.sent:,} sent, {sending.failed:,} failed, {sending.left_out:,} left out"
    return f"{counts}, {waiting:,} to be tried again, {rate:,.0f}/s" if waiting > 0 else f"{counts}, {rate:,.0f}/s"
