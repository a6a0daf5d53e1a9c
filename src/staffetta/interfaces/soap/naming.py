"""Names of lists, groups and fields as an account's SOAP clients can read them."""

from collections.abc import Callable

from staffetta.accounts import account_of_id
from staffetta.db import Database

# Contract 15.4: several PHP clients decode the inner document twice, and what was escaped once breaks it. The contract
# replaces the first two; the brackets would break it likewise.
READABLE = str.maketrans({"&": "+", '"': "'", "<": "(", ">": ")"})


async def spelling(database: Database, account_id: int) -> Callable[[str], str]:
    """Return how the account's names are shown: as they are, unless it has asked for legacy names."""
    account = await account_of_id(database, account_id)
    return legacy_name if account.options.soap_legacy_names else str


def legacy_name(name: str) -> str:
    """Return a name without the four characters that need escaping."""
    return name.translate(READABLE)
