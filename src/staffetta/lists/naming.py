"""Names of lists, groups and fields, which the account can restrict."""

from staffetta.accounts import options_of
from staffetta.db import Transaction
from staffetta.errors import InvalidArgument
from staffetta.lists.checking import named

# Contract 15.4: what a client that decodes XML twice stumbles over.
UNREADABLE = frozenset('&"<>')


def named_in(tx: Transaction, name: str) -> str:
    """Return a name as it is shown.

    Raises:
        InvalidArgument: it is empty, longer than 50 characters, or has one that the account does without.

    """
    cleaned = named(name)
    if UNREADABLE & set(cleaned) and options_of(tx).soap_legacy_names:
        raise InvalidArgument('a name has none of & " < > in this account: old SOAP clients cannot read them')
    return cleaned
