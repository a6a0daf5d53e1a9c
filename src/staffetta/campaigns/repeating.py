"""Calls that are repeated: by a key of the caller's, what was asked for before is found and not sent twice."""

from msgspec.structs import replace

from staffetta.campaigns import sending_queries as sendings
from staffetta.campaigns.model import one_line
from staffetta.campaigns.sendings import Audience, CampaignSending, Launched
from staffetta.db import Transaction
from staffetta.errors import FailedPrecondition

LONGEST_KEY = 200


class KeyTaken(FailedPrecondition):
    """The key was used for another sending than the one that is asked for."""


def check_key(key: str | None) -> str | None:
    """Return a key as it is kept; None where nothing is given.

    Raises:
        InvalidArgument: it is too long.

    """
    if key is None or not key.strip():
        return None
    return one_line("the key of a sending", key, LONGEST_KEY)


def sending_of_key(tx: Transaction, key: str) -> CampaignSending | None:
    """Return the sending that was launched with a key."""
    return sendings.by_key(tx, check_key(key) or "")


def find_repeated(
    tx: Transaction, key: str | None, *, list_id: int, message_id: int, audience: Audience
) -> Launched | None:
    """Return what was launched before with a key, whatever has become of it; None where this is the first call.

    Raises:
        KeyTaken: with this key another message was launched, or to others.

    """
    known = sendings.by_key(tx, key) if key is not None else None
    if known is None:
        return None
    same = (known.list_id, known.message_id) == (list_id, message_id)
    if not same or _in_order(known.audience) != _in_order(audience):
        raise KeyTaken(f"the key was used for sending {known.id}, which is of another message or for others")
    return Launched(known.id, known.addressed)


def _in_order(audience: Audience) -> Audience:
    groups, excluded, recipients = (
        tuple(sorted(set(ids))) for ids in (audience.groups, audience.excluded, audience.recipients)
    )
    return replace(audience, groups=groups, excluded=excluded, recipients=recipients)
