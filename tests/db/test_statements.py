from datetime import UTC, datetime, timedelta, timezone
from enum import IntEnum

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, Integer, Table, Text, bindparam, insert, select, update

from staffetta.db import EnumOf, Flag, Instant, Json, LongInteger, Statement, json_rows, metadata
from staffetta.db.schema import CLUSTERED


class Colour(IntEnum):
    RED = 1
    BLUE = 7


# A table that the tests alone have: of the same metadata's types, kept out of the metadata itself.
played = Table(
    "played",
    type(metadata)(),
    Column("account_id", Integer, primary_key=True),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("at", Instant),
    Column("flag", Flag),
    Column("colour", EnumOf(Colour)),
    Column("document", Json),
    Column("words", Text),
    Column("large", LongInteger),
    **CLUSTERED,
)
COLUMNS = ("at", "flag", "colour", "document", "words", "large")
SQL = (
    "CREATE TABLE IF NOT EXISTS played (account_id INTEGER NOT NULL, id INTEGER NOT NULL, at {long}, flag {small},"
    " colour {small}, document {json}, words TEXT, large {long}, PRIMARY KEY (account_id, id)) {options}"
)
INSERT = Statement(
    insert(played).values(
        account_id=bindparam("account_id"), id=bindparam("id"), **{name: bindparam(name) for name in COLUMNS}
    )
)
PAINT = Statement(
    update(played)
    .where(played.c.account_id == bindparam("account_id"), played.c.id == bindparam("of_id"))
    .values(colour=Colour.RED, flag=True, at=datetime(2026, 1, 2, tzinfo=UTC))
)
FIND = Statement(
    select(*(played.c[name] for name in COLUMNS)).where(
        played.c.account_id == bindparam("account_id"), played.c.id == bindparam("of_id")
    )
)
_given = json_rows("rows", number=Integer, large=LongInteger, words=Text)
UNPACK = Statement(select(_given.c.number, _given.c.large, _given.c.words))

# The strategy wants its bounds without a zone.
EARLIEST, LATEST = (datetime(year, 1, 1, tzinfo=UTC).replace(tzinfo=None) for year in (1971, 2100))
DOCUMENTS = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-(2**53), 2**53), st.text().filter(lambda text: "\x00" not in text)
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from("abü"), inner, max_size=3)),
    max_leaves=8,
)
ROWS = st.fixed_dictionaries(
    {
        "at": st.none() | st.datetimes(EARLIEST, LATEST, timezones=st.just(UTC)),
        "flag": st.none() | st.booleans(),
        "colour": st.none() | st.sampled_from(Colour),
        "document": DOCUMENTS,
        "words": st.none() | st.text().filter(lambda text: "\x00" not in text),
        "large": st.none() | st.integers(-(2**63), 2**63 - 1),
    }
)


@pytest.fixture
def own(tx):
    sqlite = tx._session.dialect_name == "sqlite"
    tx._session.cursor.execute(
        SQL.format(
            long="INTEGER" if sqlite else "BIGINT",
            small="INTEGER" if sqlite else "SMALLINT",
            json="TEXT" if sqlite else "JSONB",
            options="STRICT, WITHOUT ROWID" if sqlite else "",
        )
    )
    return tx


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(row=ROWS)
def test_what_is_kept_comes_back_as_it_was(own, row):
    number = own.take_id("played")
    own.run(INSERT, id=number, **row)

    found = own.first(FIND, of_id=number)

    assert found._asdict() == row
    assert type(found.flag) is type(row["flag"])
    assert type(found.colour) is type(row["colour"])


def test_an_instant_of_another_zone_comes_back_in_utc(own):
    there = datetime(2026, 6, 1, 14, 0, tzinfo=timezone(timedelta(hours=2)))
    own.run(INSERT, id=1, at=there, flag=None, colour=None, document=None, words=None, large=None)

    found = own.first(FIND, of_id=1)

    assert found.at == there
    assert found.at.tzinfo is UTC


def test_values_that_stand_in_a_statement_are_converted(own):
    own.run(INSERT, id=1, at=None, flag=None, colour=Colour.BLUE, document={}, words="", large=0)

    changed = own.changed(PAINT, of_id=1)

    found = own.first(FIND, of_id=1)
    assert changed == 1
    assert (found.colour, found.flag, found.at) == (Colour.RED, True, datetime(2026, 1, 2, tzinfo=UTC))


def test_many_rows_are_kept_in_one_call(own):
    own.run_many(
        INSERT,
        [
            {"id": number, "at": None, "flag": True, "colour": None, "document": [number], "words": "", "large": 0}
            for number in (1, 2, 3)
        ],
    )

    assert [own.first(FIND, of_id=number).document for number in (1, 2, 3)] == [[1], [2], [3]]


def test_no_row_is_none_and_no_rows_are_an_empty_list(own):
    assert own.first(FIND, of_id=1) is None
    assert own.all(FIND, of_id=1) == []
    assert own.changed(PAINT, of_id=1) == 0


def test_rows_that_are_passed_in_have_the_types_of_their_columns(database):
    rows = [(1, 2**62, "plain"), (None, None, None), (-5, -(2**63), "“ü” 'x' \\ {} \n 用"), (7, 0, "7")]

    with database.connection() as connection:
        found = connection.all(UNPACK, rows=rows)

    assert [tuple(row) for row in found] == rows


def test_no_rows_can_be_passed_in(database):
    with database.connection() as connection:
        assert connection.all(UNPACK, rows=[]) == []
