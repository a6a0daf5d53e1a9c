"""A second account that lives in the same database, and may know nothing of the first."""

from staffetta.accounts import Account, create_account
from staffetta.db import Database
from staffetta.lists import furnish
from trying import NOON


def make_neighbour(database: Database, account: Account) -> Account:
    """Make an account beside another, with list 1, its groups and fields."""
    with database.connection() as connection:
        neighbour = create_account(
            connection,
            account_id=None,
            name="Neighbour",
            hosts=(f"neighbour-of-{account.host}",),
            password=None,
            now=NOON,
        )
        furnish(connection.for_account(neighbour.id), neighbour, now=NOON)
    return neighbour
