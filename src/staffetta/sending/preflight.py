"""Pre-flight: looks at a message before it is sent, at its sender's domain, and at what mail programs make of it."""

import asyncio
from collections.abc import Sequence

from staffetta.accounts import Account
from staffetta.campaigns.findings import Finding, Level
from staffetta.campaigns.preflight import Departure, departure, domain_of, judge
from staffetta.db import Database
from staffetta.sending.dkim_keys import DkimKey, keys_in_use
from staffetta.sending.name_service import name_service
from staffetta.sending.preflight_dns import Identities, judge_domain
from staffetta.settings import Relay, Settings

_WEIGHTS = (Level.RED, Level.AMBER, Level.GREEN)


async def preflight_of(
    database: Database,
    settings: Settings,
    account: Account,
    list_id: int,
    message_id: int,
    *,
    sender_email: str = "",
    recipients: int | None = None,
) -> list[Finding]:
    """Return what stands in the way of sending a message, what weighs most first; what is well is named too.

    DNS is asked with no transaction open. `recipients` is how many it goes to, unless it is the whole list.

    Raises:
        UnknownList: the account has no such list.
        UnknownMessage: the list has no such message.

    """
    leaving = await database.read(
        account.id, departure, account, list_id, message_id, sender_email=sender_email, recipients=recipients
    )
    return await judge_departure(database, settings, leaving)


async def judge_departure(database: Database, settings: Settings, leaving: Departure) -> list[Finding]:
    """Return what stands in the way of a message that need not be stored yet."""
    keys = (await database.cached("dkim keys", keys_in_use)).get(domain_of(leaving.sender.address), ())
    said, asked = await asyncio.gather(
        asyncio.to_thread(lambda: list(judge(leaving, url=settings.url_of(leaving.account.host)))),
        judge_domain(name_service(settings.dns_servers), _identities(settings, leaving, keys)),
    )
    return sorted((*asked, *said), key=lambda each: _WEIGHTS.index(each.level))


def _identities(settings: Settings, leaving: Departure, keys: Sequence[DkimKey]) -> Identities:
    bounces = settings.bounce_domain.lower()
    return Identities(
        author=domain_of(leaving.sender.address),
        envelope=bounces or leaving.bounce_domain,
        takes_bounces=bool(bounces),
        keys=keys,
        relays=[Relay.parse(each).host for each in settings.relays],
    )
