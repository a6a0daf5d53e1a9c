import pytest
from sqlalchemy import delete, select, update

from db.playing import NAMES, names, put
from staffetta.db import Connection, Statement
from staffetta.db.transaction import AccountWallError
from staffetta.recipients.tables import suppressions

EVERYBODYS_NAMES = Statement(select(suppressions.c.address))
FORGET_EVERYBODY = Statement(delete(suppressions))
CHANGE_EVERYBODY = Statement(update(suppressions).values(address="x"))


@pytest.mark.parametrize("statement", [EVERYBODYS_NAMES, FORGET_EVERYBODY, CHANGE_EVERYBODY])
@pytest.mark.parametrize("verb", ["all", "first", "run"])
def test_a_statement_that_names_no_account_is_refused(tx, verb, statement):
    with pytest.raises(AccountWallError):
        getattr(tx, verb)(statement)


def test_many_rows_for_a_statement_that_names_no_account_are_refused(tx):
    with pytest.raises(AccountWallError):
        tx.run_many(FORGET_EVERYBODY, [{}])


def test_an_account_cannot_be_chosen_by_a_value(tx, stranger):
    put(stranger, "theirs")
    put(tx, "ours")

    found = tx.all(NAMES, account_id=stranger.account_id)

    assert [row.address for row in found] == ["ours"]


def test_a_bare_connection_crosses_accounts_and_a_transaction_from_it_does_not(tx, stranger):
    put(stranger, "their own")
    put(tx, "our own")
    connection = Connection(tx._session)

    everybodys = {row.address for row in connection.all(EVERYBODYS_NAMES)}

    assert {"their own", "our own"} <= everybodys
    assert names(connection.for_account(stranger.account_id)) == {"their own"}
