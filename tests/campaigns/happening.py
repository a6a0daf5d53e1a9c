"""Messages that were sent, what people do with them, and looking at what was recorded of it."""

from typing import Any

from sqlalchemy import bindparam, insert, select, update

from campaigns.written import write
from staffetta.campaigns import EventKind, Happening, message_of_account, record_events
from staffetta.campaigns.beginning import keep_version
from staffetta.campaigns.tables import engagements, events, link_clicks, message_counters, message_links
from staffetta.db import Statement, Transaction, to_microseconds
from staffetta.kit.addresses import EmailAddress
from staffetta.outbox import SendingState
from staffetta.outbox.tables import sendings
from staffetta.recipients import Evidence, SignUp, Source, subscribe
from staffetta.recipients.tables import recipients
from trying import NOON

_ACCOUNT = bindparam("account_id")
ADD_LINK = Statement(
    insert(message_links).values(
        account_id=_ACCOUNT,
        message_id=bindparam("of_message"),
        id=bindparam("number"),
        url=bindparam("url"),
        clicks=bindparam("clicks", 0),
        clickers=bindparam("clickers", 0),
    )
)
LINKS = Statement(select(message_links).where(message_links.c.account_id == _ACCOUNT).order_by(message_links.c.id))
COUNTERS = Statement(
    select(message_counters).where(
        message_counters.c.account_id == _ACCOUNT, message_counters.c.message_id == bindparam("of_message")
    )
)
ENGAGEMENTS = Statement(
    select(engagements)
    .where(engagements.c.account_id == _ACCOUNT)
    .order_by(engagements.c.message_id, engagements.c.kind, engagements.c.recipient_id)
)
LINK_CLICKS = Statement(
    select(link_clicks)
    .where(link_clicks.c.account_id == _ACCOUNT)
    .order_by(link_clicks.c.link_id, link_clicks.c.recipient_id)
)
EVENTS = Statement(select(events).where(events.c.account_id == _ACCOUNT).order_by(events.c.recipient_id, events.c.id))
FOLLOW = Statement(
    update(recipients)
    .where(recipients.c.account_id == _ACCOUNT, recipients.c.id == bindparam("of_recipient"))
    .values(tracked=bindparam("may_be", type_=recipients.c.tracked.type))
)
KINDS = {"view": EventKind.VIEW, "click": EventKind.CLICK}


def send(tx: Transaction, *urls: str, list_id: int = 1, **said: Any) -> int:
    """Write a message with links, as sent; return its number."""
    message_id = write(tx, list_id, **said).id
    for number, url in enumerate(urls or ("https://shop.example/",), start=1):
        tx.run(ADD_LINK, of_message=message_id, number=number, url=url)
    return message_id


def sending(tx: Transaction, message_id: int, number: int = 1) -> int:
    """Send a message to its list, as far as what its mails ask for is concerned; return the number of the sending."""
    row = {
        "id": number,
        "kind": "campaign",
        "list_id": 1,
        "subject": "Spring",
        "notes": "",
        "state": int(SendingState.IMMEDIATE),
        "created_at": to_microseconds(NOON),
        "message_id": message_id,
        "version": keep_version(tx, message_of_account(tx, message_id)),
    }
    tx.load(sendings, tuple(row), [tuple(row.values())])
    return number


def person(tx: Transaction, name: str = "ada", *, followed: bool = True) -> int:
    """Sign somebody up; return their number."""
    sign_up = SignUp(lists=(1,), email=EmailAddress.parse(f"{name}@example.org"), confirm=False)
    found = subscribe(tx, sign_up, evidence=Evidence(source=Source.FORM), now=NOON).recipient_id
    if not followed:
        tx.run(FOLLOW, of_recipient=found, may_be=False)
    return found


def done(tx: Transaction, message_id: int, recipient_id: int, kind: str | EventKind = "view", **said: Any) -> Happening:
    """Return an event of the account."""
    values = {
        "account_id": tx.account_id,
        "message_id": message_id,
        "sending_id": 1,
        "recipient_id": recipient_id,
        "kind": KINDS.get(kind, kind),
        "happened_at": NOON,
        **said,
    }
    return Happening(**values)


def record(tx: Transaction, *happened: Happening) -> None:
    """Record events of the account."""
    record_events(tx, happened, now=NOON)


def counts(tx: Transaction, message_id: int) -> dict[str, int]:
    """Return those counters of a message that are not 0."""
    row = tx.first(COUNTERS, of_message=message_id)
    values = row._asdict() if row else {}
    return {name: value for name, value in values.items() if value and not name.endswith("_id")}


def engaged(tx: Transaction) -> list[tuple[str, int, int]]:
    """Return (kind, recipient, times) of every engagement."""
    return [(row.kind.name, row.recipient_id, row.times) for row in tx.all(ENGAGEMENTS)]


def time_lines(tx: Transaction) -> list[tuple[int, str, str]]:
    """Return (recipient, kind, actor) of everything in time lines, each person's in their order."""
    return [(row.recipient_id, row.kind.name, row.actor.name) for row in tx.all(EVENTS)]


def links(tx: Transaction) -> list[tuple[int, int, int]]:
    """Return (number, clicks, clickers) of every link."""
    return [(row.id, row.clicks, row.clickers) for row in tx.all(LINKS)]
