from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, Integer, Table, Text, bindparam, insert, select

from conftest import make_account
from staffetta.db import Flag, Instant, LongInteger, Statement, metadata, to_microseconds
from staffetta.db.filtering import Kind, Property, ordering, where
from staffetta.db.schema import CLUSTERED
from staffetta.errors import InvalidArgument
from staffetta.kit.filters import parse_filter, parse_order, predicate, sorted_by
from staffetta.kit.filters.nodes import Comparison, Computation, Either, Every, Literal, Method, Not, Reference
from staffetta.recipients.tables import recipients

# A table that the tests alone have: kept out of the metadata itself.
shelf = Table(
    "shelf",
    type(metadata)(),
    Column("account_id", Integer, primary_key=True),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("email", Text),
    Column("name", Text, nullable=False),
    Column("notes", Text),
    Column("copies", Integer),
    Column("octets", LongInteger),
    Column("open", Flag),
    Column("made_at", Instant),
    **CLUSTERED,
)
SQL = (
    "CREATE TABLE IF NOT EXISTS shelf (account_id INTEGER NOT NULL, id INTEGER NOT NULL, email TEXT,"
    " name TEXT NOT NULL, notes TEXT, copies INTEGER, octets {long}, open {small}, made_at {long},"
    " PRIMARY KEY (account_id, id)) {options}"
)
COLUMNS = ("id", "email", "name", "notes", "copies", "octets", "open", "made_at")
PROPERTIES = {
    "Id": Property(shelf.c.id, Kind.INTEGER),
    "Email": Property(shelf.c.email, Kind.ADDRESS),
    "Name": Property(shelf.c.name, Kind.TEXT),
    "Notes": Property(shelf.c.notes, Kind.TEXT),
    "Copies": Property(shelf.c.copies, Kind.INTEGER),
    "Octets": Property(shelf.c.octets, Kind.INTEGER),
    "Open": Property(shelf.c.open, Kind.FLAG),
    "MadeAt": Property(shelf.c.made_at, Kind.INSTANT),
}
GETTERS = {
    name: lambda row, column=property_.column.name: getattr(row, column) for name, property_ in PROPERTIES.items()
}
INSERT = Statement(
    insert(shelf).values(account_id=bindparam("account_id"), **{name: bindparam(name) for name in COLUMNS})
)
SELECT = select(*(shelf.c[name] for name in COLUMNS)).where(shelf.c.account_id == bindparam("account_id"))
NOON = datetime(2016, 11, 28, 12, 34, 36, tzinfo=UTC)
ROWS = [
    (1, "ada@example.com", "Ada", "", 0, 2**40, True, NOON),
    (2, "bob@example.com", "ada", None, -7, -(2**62), False, NOON + timedelta(milliseconds=999)),
    (3, "carl_100%@example.com", "100% _wool_", "Ada", 2**31 - 1, None, None, NOON + timedelta(seconds=1)),
    (4, None, " padded\t\xa0", "padded", None, 0, True, None),
    (5, "eve@example.com", 'it\'s "用" \\ é', "5", 5, 2**63 - 1, False, datetime(1, 1, 1, tzinfo=UTC)),
    (6, "frida@example.com", "", "  ", -(2**31), 5, True, datetime(2030, 1, 1, tzinfo=UTC)),
]


@pytest.fixture(scope="module")
def own(own_database):
    """A transaction with the shelf of one account, for tests that only read."""
    account = make_account(own_database)
    with own_database.transaction(account.id) as tx:
        sqlite = tx._session.dialect_name == "sqlite"
        tx._session.cursor.execute(
            SQL.format(
                long="INTEGER" if sqlite else "BIGINT",
                small="INTEGER" if sqlite else "SMALLINT",
                options="STRICT, WITHOUT ROWID" if sqlite else "",
            )
        )
        tx.run_many(INSERT, [dict(zip(COLUMNS, row, strict=True)) for row in ROWS])
        yield tx


def found(tx, text):
    node = parse_filter(text)
    return [row.id for row in tx.all(Statement(SELECT.where(where(node, PROPERTIES)).order_by(shelf.c.id)))]


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("Id==3", [3]),
        ("id='3'", [3]),
        ("Id!=3", [1, 2, 4, 5, 6]),
        ("3<=id", [3, 4, 5, 6]),
        ("Id<2.5", [1, 2]),
        ("Id > 99999999999", []),
        ("Email=='ADA@Example.com'", [1]),
        ("Email.Trim().Equals('Ada@example.com')", [1]),
        ("Email!='ada@example.com'", [2, 3, 4, 5, 6]),
        ("!(Email=='ada@example.com')", [2, 3, 4, 5, 6]),
        ("Email==null", [4]),
        ("Email!=null", [1, 2, 3, 5, 6]),
        ("Email.Contains('A@EX')", [1, 6]),
        ("not Email.Contains('a@ex')", [2, 3, 4, 5]),
        ("Email.Contains('%')", [3]),
        ("Email.Contains('_')", [3]),
        ("Email.StartsWith('E') | Email.EndsWith('A@EXAMPLE.COM')", [1, 5, 6]),
        ("Email.ToUpper()=='ADA@EXAMPLE.COM'", [1]),
        ("Name=='ada'", [2]),
        ("Name.ToLower()=='ada'", [1, 2]),
        ("Name.ToUpper()=='ADA'", [1, 2]),
        ("Name.Contains('Ad')", [1]),
        ("Name.Contains('')", [1, 2, 3, 4, 5, 6]),
        ("Name.StartsWith('ad')", [2]),
        ("Name.StartsWith('')", [1, 2, 3, 4, 5, 6]),
        ("Name.EndsWith('da')", [1, 2]),
        ("Name.EndsWith('')", [1, 2, 3, 4, 5, 6]),
        ("Name.EndsWith('long before Ada')", []),
        ("Name.Contains('100%')", [3]),
        ("Name.Contains('%')", [3]),
        ("Name.Trim()=='padded'", [4]),
        ("Name.Trim()==Notes", [4]),
        ("Name.Trim().Length==6", [4]),
        ("Name.Length==0", [6]),
        ("Name==''", [6]),
        ("Name>'a'", [2, 5]),
        ("Name.Contains('it''s')", [5]),
        ("Name.Contains('\"用\" \\\\')", [5]),
        ('Name.Contains("\\"用")', [5]),
        ("Name==Notes", []),
        ("Notes==5", [5]),
        ("Notes==null", [2]),
        ("Copies==null", [4]),
        ("!(Copies==5)", [1, 2, 3, 4, 6]),
        ("Copies!=5", [1, 2, 3, 4, 6]),
        ("Copies<0", [2, 6]),
        ("Copies==-7", [2]),
        ("Copies/2==-3", [2]),
        ("Copies%4==-3", [2]),
        ("10/Copies==2", [5]),
        ("10%Copies==0", [5]),
        ("Copies+1==2147483648", [3]),
        ("Copies*2 > 4294967000", [3]),
        ("Copies<<1 == 10", [5]),
        ("Copies>>1 == -4", [2]),
        ("(Copies+1)*2==12", [5]),
        ("Copies-1-1==3", [5]),
        ("-Copies==7", [2]),
        ("Copies==Id", [5]),
        ("Copies==Octets", []),
        ("Octets==1099511627776", [1]),
        ("Open", [1, 4, 6]),
        ("!Open", [2, 3, 5]),
        ("Open==true", [1, 4, 6]),
        ("Open=='False'", [2, 5]),
        ("Open!=true", [2, 3, 5]),
        ("Open==1", [1, 4, 6]),
        ("Open==null", [3]),
        ("Name.Contains('da')==true", [1, 2]),
        ("Email.Contains('ada')==false", [2, 3, 4, 5, 6]),
        ("MadeAt=='2016-11-28 12:34:36Z'", [1, 2]),
        ("MadeAt=='2016-11-28 12:34:36.999'", [2]),
        ("MadeAt!='2016-11-28T12:34:36+00:00'", [3, 4, 5, 6]),
        ("MadeAt>'2016-11-28 12:34:36'", [3, 6]),
        ("MadeAt>='2016-11-28 12:34:36'", [1, 2, 3, 6]),
        ("MadeAt<'2016-11-28 12:34:36'", [5]),
        ("MadeAt<='2016-11-28 13:34:36+01:00'", [1, 2, 5]),
        ("MadeAt=='0001-01-01 00:00:00Z'", [5]),
        ("MadeAt==null", [4]),
        ("MadeAt<null", []),
        ("true", [1, 2, 3, 4, 5, 6]),
        ("1==2", []),
        ("1/0==null && Id==1", [1]),
        ("null==null", [1, 2, 3, 4, 5, 6]),
        ("'a'<'b' && Id==1", [1]),
        ("Id==1 or Id==2 and Name=='ada'", [1, 2]),
        ("(Id==1 or Id==2) and Name=='ada'", [2]),
    ],
)
def test_a_filter_finds_the_same_rows_in_the_database_and_in_memory(own, text, ids):
    rows = own.all(Statement(SELECT.order_by(shelf.c.id)))

    in_memory = [row.id for row in rows if predicate(parse_filter(text), GETTERS, addresses=frozenset({"Email"}))(row)]

    assert found(own, text) == ids
    assert in_memory == ids


@pytest.mark.parametrize(
    "text",
    [
        "Nmae=='Ada'",
        "Fields['name']=='Ada'",
        "campo1=='Ada'",
        "message.id==1",
        "Name[0]=='A'",
        "Id=='many'",
        "Id==true",
        "Id==9223372036854775808",
        "Id=='9223372036854775808'",
        "Name==true",
        "Open=='perhaps'",
        "Open==2",
        "MadeAt=='yesterday'",
        "MadeAt==5",
        "MadeAt>'9999-12-31 23:59:59Z'",
        "MadeAt==Name",
        "Id==Name",
        "Id==Open",
        "Id.Contains('1')",
        "Name.Contains(true)",
        "Name.Contains(Id)",
        "'1'.Contains(Id)",
        "1.Contains('1')",
        "Open.Trim()==true",
        "MadeAt.Length>1",
        "Name",
        "Id",
        "'Ada'",
        "5",
        "Id && Name=='Ada'",
        "Name+'x'=='Adax'",
        "Id+1.5==2",
        "Id+true==2",
        "'1'+1==2",
        "Open+1==2",
        "Octets+1>0",
        "Octets*2>0",
        "Copies*4294967296*4294967296>0",
        "9223372036854775807+1>0",
        "1<<63>0",
        "1<<Id>0",
        "Id<<99>0",
    ],
)
def test_what_cannot_be_compared_is_refused_before_the_database_is_asked(text):
    with pytest.raises(InvalidArgument):
        where(parse_filter(text), PROPERTIES)


def test_a_name_that_is_no_property_is_said():
    with pytest.raises(InvalidArgument, match="there is no property Nmae"):
        where(parse_filter("Nmae=='Ada'"), PROPERTIES)


def test_every_value_of_a_caller_is_bound(own):
    text = "Name=='x'' OR 1=1 --' || Name.Contains('%s %(name)s :name ?;') || Email==\"';DROP TABLE shelf;--\""

    statement = Statement(SELECT.where(where(parse_filter(text), PROPERTIES)))

    for dialect_name in ("sqlite", "postgresql"):
        assert "DROP" not in statement.prepared_for(dialect_name).sql
        assert "1=1" not in statement.prepared_for(dialect_name).sql
    assert own.all(statement) == []


def test_a_filter_that_nothing_can_pass_still_names_the_account(own):
    assert found(own, "false") == []
    assert found(own, "!true || null!=null") == []
    assert found(own, "Name==null && 1==2") == []


def test_rows_of_another_account_are_not_found(own):
    node = parse_filter("true || Id==1")

    rows = own.for_account(own.account_id + 1).all(Statement(SELECT.where(where(node, PROPERTIES))))

    assert rows == []


def test_a_personal_field_is_found_by_its_name_or_number(own):
    def fields(name):
        return {"name": shelf.c.notes, "campo1": shelf.c.notes, "campo40": None}.get(name)

    def found_by(text):
        condition = where(parse_filter(text), PROPERTIES, fields=fields)
        return [row.id for row in own.all(Statement(SELECT.where(condition)))]

    assert found_by("Fields['name']=='Ada'") == [3]
    assert found_by("campo1.Contains('Ad')") == [3]
    for text in ("Fields['other']=='Ada'", "campo2=='Ada'", "campo40=='Ada'", "name.id=='Ada'", "Fields=='Ada'"):
        with pytest.raises(InvalidArgument):
            found_by(text)


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("Id desc", [6, 5, 4, 3, 2, 1]),
        ("id", [1, 2, 3, 4, 5, 6]),
        ("Name;Id", [6, 4, 3, 1, 2, 5]),
        ("Name desc", [5, 2, 1, 3, 4, 6]),
        ("Notes asc, Id desc", [2, 1, 6, 5, 3, 4]),
        ("Copies", [4, 6, 2, 1, 5, 3]),
        ("Copies desc", [3, 5, 1, 2, 6, 4]),
        ("Open desc; Id asc", [1, 4, 6, 2, 5, 3]),
        ("MadeAt", [4, 5, 1, 2, 3, 6]),
    ],
)
def test_an_order_is_the_same_in_the_database_and_in_memory(own, text, ids):
    orders = parse_order(text)

    rows = own.all(Statement(SELECT.order_by(*ordering(orders, PROPERTIES))))

    assert [row.id for row in rows] == ids
    assert [row.id for row in sorted_by(own.all(Statement(SELECT)), orders, GETTERS)] == ids


def test_addresses_are_sorted(own):
    orders = parse_order("Email desc")

    rows = own.all(Statement(SELECT.where(shelf.c.email.is_not(None)).order_by(*ordering(orders, PROPERTIES))))

    assert [row.id for row in rows] == [6, 5, 3, 2, 1]


def test_an_order_by_what_is_no_property_is_refused():
    with pytest.raises(InvalidArgument, match="there is no property Nmae"):
        ordering(parse_order("Nmae desc"), PROPERTIES)


@pytest.mark.parametrize("text", ["Email=='Ada@Example.com'", "Email.Trim().ToLower().Equals('ada@example.com')"])
def test_an_address_is_looked_up_by_its_index(tx, text):
    _fill(tx, people=2_000)
    condition = where(parse_filter(text), {"Email": Property(recipients.c.email, Kind.ADDRESS)})
    query = select(recipients.c.id).where(recipients.c.account_id == bindparam("account_id"), condition)

    plan = _plan(tx, Statement(query))

    # PostgreSQL says which part of the index it searches by.
    assert "recipients_email" in plan
    assert "email=?" in plan or "(email = 'ada@example.com'" in plan


def _fill(tx, *, people):
    """Add people, and tell PostgreSQL: of a table that it takes for empty, any index is as good as another."""
    now = to_microseconds(NOON)
    columns = ("id", "email", "mobile", "name", "language", "fields", "created_at", "changed_at")
    tx.load(recipients, columns, [(n, f"person{n}@example.org", None, "", None, "{}", now, now) for n in range(people)])
    if tx._session.dialect_name == "postgresql":
        tx._session.settle()
        tx._cursor.execute("ANALYZE recipients")


def _plan(tx, statement):
    dialect_name = tx._session.dialect_name
    prepared = statement.prepared_for(dialect_name)
    cursor = tx._session.connection.cursor()
    explain = "EXPLAIN QUERY PLAN " if dialect_name == "sqlite" else "EXPLAIN "
    cursor.execute(explain + prepared.sql, prepared.bind({"account_id": tx.account_id}))
    return "\n".join(str(row[-1]) for row in cursor.fetchall())


REFERENCES = st.sampled_from([Reference(name) for name in PROPERTIES])
LITERALS = st.builds(
    Literal,
    st.none()
    | st.booleans()
    | st.integers(-9, 9)
    | st.sampled_from([2**31, -(2**62), 2.5])
    | st.sampled_from(["", "Ada", "ada", "ADA@example.com", "%", "_", "5", "d", "用", " ", "2016-11-28 12:34:36Z"]),
)
OPERATORS = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
TEXT_REFERENCES = st.sampled_from([Reference(name) for name in ("Email", "Name", "Notes")])
TEXTS = st.recursive(
    TEXT_REFERENCES | LITERALS,
    lambda inner: st.builds(Method, inner, st.sampled_from(["trim", "tolower", "toupper"])),
    max_leaves=3,
)
NUMBERS = st.recursive(
    st.sampled_from([Reference("Id"), Reference("Copies")]) | st.builds(Literal, st.integers(-9, 9) | st.none()),
    lambda inner: (
        st.builds(Computation, st.sampled_from("+-*/%"), inner, inner)
        | st.builds(Computation, st.sampled_from(["<<", ">>"]), inner, st.builds(Literal, st.integers(0, 9)))
        | st.builds(Method, TEXTS, st.just("length"))
    ),
    max_leaves=5,
)
CONDITIONS = st.recursive(
    st.builds(Comparison, OPERATORS, REFERENCES | LITERALS, REFERENCES | LITERALS)
    | st.builds(Comparison, OPERATORS, NUMBERS, NUMBERS)
    | st.builds(Comparison, OPERATORS, TEXTS, TEXTS)
    | st.builds(Method, TEXTS, st.sampled_from(["contains", "startswith", "endswith", "equals"]), st.tuples(TEXTS))
    | st.just(Reference("Open")),
    lambda inner: (
        st.builds(Not, inner)
        | st.builds(Every, st.lists(inner, min_size=2, max_size=3).map(tuple))
        | st.builds(Either, st.lists(inner, min_size=2, max_size=3).map(tuple))
        | st.builds(Comparison, OPERATORS, inner, inner | LITERALS)
    ),
    max_leaves=6,
)


@settings(max_examples=200, deadline=None)
@given(node=CONDITIONS)
def test_any_filter_means_the_same_in_the_database_and_in_memory(own, node):
    try:
        condition = where(node, PROPERTIES)
    except InvalidArgument:
        return

    passes = predicate(node, GETTERS, addresses=frozenset({"email"}))

    rows = own.all(Statement(SELECT.order_by(shelf.c.id)))
    in_database = own.all(Statement(SELECT.where(condition).order_by(shelf.c.id)))
    assert [row.id for row in in_database] == [row.id for row in rows if passes(row)]
