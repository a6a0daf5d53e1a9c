"""An account that has one of each thing that a path can name, and its rows, to see that nobody touched them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select

from campaigns.done import add_event
from campaigns.failing import failed_sending
from campaigns.happened import did, followed, sent
from recipients.people import make_list, sign_up
from staffetta.accounts import Account
from staffetta.campaigns import Draft, GivenTag, add_image, add_message, attach, obtain_tag
from staffetta.campaigns.events import EventKind
from staffetta.db import Database, Statement, Transaction
from staffetta.db.schema import metadata
from staffetta.imports import ImportOptions, event_of, pack, start
from staffetta.interfaces.rest.matching import PLACEHOLDER
from staffetta.kit.addresses import EmailAddress
from staffetta.lists import add_group
from staffetta.outbox import add_sending
from staffetta.recipients import Evidence, ImportRow, Source
from staffetta.senders import trust
from trying import NOON

SECRET = "behind-the-wall"
ADDRESS = f"{SECRET}@example.org"
PNG = b"\x89PNG\r\n\x1a\n" + SECRET.encode()
ROWS = [
    Statement(select(table).where(table.c.account_id == bindparam("account_id")))
    for table in metadata.sorted_tables
    if "account_id" in table.c and table.name != "tokens"
]


@dataclass(frozen=True)
class House:
    """What there is behind the wall: one of each thing that a path can name, none of it of list 1."""

    account: Account
    ids: dict[str, Any]
    guid: str
    image_path: str
    rows: Callable[[], Any]

    def path(self, template: str, **changed: Any) -> str:
        """Write the ids into a path or a body."""
        return PLACEHOLDER.sub(lambda found: str({**self.ids, **changed}[found[1]]), template)


def make_house(database: Database, account: Account) -> House:
    """Furnish an account."""

    def rows() -> list[Any]:
        with database.transaction(account.id) as tx:
            return [sorted(map(repr, tx.all(statement))) for statement in ROWS]

    with database.transaction(account.id) as tx:
        ids, guid, image_path = _furnish(tx)
    return House(account, ids, guid, image_path, rows)


def _furnish(tx: Transaction) -> tuple[dict[str, Any], str, str]:
    hidden = make_list(tx, SECRET)
    group = add_group(tx, hidden.id, SECRET, now=NOON)
    address = EmailAddress.parse(ADDRESS)
    person = sign_up(tx, lists=(hidden.id,), groups=(group.id,), email=address, name=SECRET, confirm=False)
    event = event_of(confirm=False, as_optout=False, as_pending=False, force=False)
    evidence = Evidence(source=Source.IMPORT, ip="192.0.2.7", user_agent="", wording="")
    options = ImportOptions(event=event, group_ids=(group.id,), evidence=evidence)
    import_id = start(tx, hidden.id, pack([ImportRow(ADDRESS, "", "", SECRET, None)]), options, now=NOON)
    draft = Draft(subject=SECRET, content=SECRET, tags=[GivenTag(name=SECRET)])
    tag = obtain_tag(tx, hidden.id, SECRET)
    message = add_message(tx, hidden.id, draft, now=NOON)
    attach(tx, hidden.id, message.id, 1, name=SECRET, content=b"x", most_octets=1, now=NOON)
    image = add_image(tx, hidden.id, name=SECRET, content=PNG, most_octets=len(PNG), now=NOON)
    sent(tx, message, (person.recipient_id,))
    for kind in EventKind:
        did(tx, message, kind, (person.recipient_id,), detail=SECRET)
    followed(tx, message, 1, f"https://{SECRET}.example", (person.recipient_id,))
    add_event(tx, message.id, person.recipient_id, link_id=1)
    sender = trust(tx, address, base_url="http://x.example", host="x.example", now=NOON)
    confirmation = add_sending(tx, kind="import_confirmation", list_id=hidden.id, subject=SECRET, now=NOON)
    ids = {
        "list_id": hidden.id,
        "group_id": group.id,
        "recipient_id": person.recipient_id,
        "import_id": import_id,
        "sending_id": confirmation,
        "failed_id": failed_sending(tx, message.id, {person.recipient_id: SECRET}, list_id=hidden.id),
        "sender_id": sender.id,
        "message_id": message.id,
        "tag_id": tag.id,
        "slot": 1,
        "template_id": 1,
        "enabled": "true",
    }
    return ids, hidden.guid, image.path
