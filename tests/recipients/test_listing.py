import pytest

from recipients.people import ADA, BASE, BOB, EVIDENCE, MOBILE, make_list, sign_up, suppress_ada
from staffetta.db import Connection, Statement, to_microseconds
from staffetta.db.filtering import where
from staffetta.errors import InvalidArgument
from staffetta.kit.addresses import EmailAddress
from staffetta.kit.filters import parse_filter, parse_order
from staffetta.kit.phones import MobileNumber
from staffetta.lists import UnknownGroup, UnknownList, add_group, set_field
from staffetta.recipients import Cause, Channel, Status, join_group, seal_all, unsubscribe
from staffetta.recipients import listing_queries as queries
from staffetta.recipients.ledger import Move, append
from staffetta.recipients.listing import (
    CAUSE,
    EMAIL,
    EVERYBODY,
    ID,
    LEFT_AT,
    MOBILE_NUMBER,
    MOBILE_PREFIX,
    NAME,
    Selection,
    list_members,
    list_recipients,
    list_standings,
    status_property,
)
from staffetta.recipients.tables import recipients, subscriptions
from trying import NOON

IN, OUT, WAIT = Status.SUBSCRIBED, Status.UNSUBSCRIBED, Status.PENDING
WORDS = {IN: "OPTIN", OUT: "OPTOUT", WAIT: "PENDING"}
PROPERTIES = {
    "idRecipient": ID,
    "Email": EMAIL,
    "Name": NAME,
    "MobileNumber": MOBILE_NUMBER,
    "MobilePrefix": MOBILE_PREFIX,
    "Status": status_property(WORDS),
    "Optout_Type": CAUSE,
    "Optout_Date": LEFT_AT,
}


def chosen(filter_="", order="", groups=()):
    return Selection(
        filter=parse_filter(filter_), order=parse_order(order) if order else (), groups=groups, properties=PROPERTIES
    )


def page(tx, *, list_id=1, status=IN, selection=EVERYBODY, offset=0, limit=10):
    return list_recipients(tx, list_id, Channel.EMAIL, status, selection=selection, offset=offset, limit=limit)


def standings(tx, *, selection=EVERYBODY, offset=0, limit=10):
    return list_standings(tx, 1, Channel.EMAIL, selection=selection, offset=offset, limit=limit)


def emails(listing):
    return [row.email for row in listing.rows]


def address(name):
    return EmailAddress.parse(f"{name}@example.org")


@pytest.fixture
def five(tx):
    """Five people: three subscribed, one unsubscribed, one pending; the ids in the order of their coming."""
    people = [
        sign_up(tx, email=address(name), name=name.title(), fields={1: name, 2: "X%"}, confirm=name == "eve")
        for name in ("ada", "bob", "cyd", "dan", "eve")
    ]
    unsubscribe(tx, people[3].recipient_id, (1,), cause=Cause.LINK, evidence=EVIDENCE, now=NOON, **BASE)
    return [each.recipient_id for each in people]


@pytest.mark.parametrize(("status", "names"), [(IN, ["cyd", "bob", "ada"]), (OUT, ["dan"]), (WAIT, ["eve"])])
def test_a_status_is_listed_newest_first(tx, five, status, names):
    listing = page(tx, status=status)

    assert emails(listing) == [f"{name}@example.org" for name in names]
    assert listing.total == len(names)
    assert listing.rows[0].fields == {"1": names[0], "2": "X%"}


def test_pages_are_cut_and_one_past_the_end_is_empty(tx, five):
    pages = [page(tx, offset=offset, limit=2) for offset in (0, 2, 4, 2**31 - 1)]

    assert [len(each.rows) for each in pages] == [2, 1, 0, 0]
    assert {each.total for each in pages} == {3}


def test_nobody_is_an_empty_page(tx):
    assert page(tx) == ((), 0)
    assert standings(tx) == ((), 0)
    assert page(tx, selection=chosen("Name=='x'")) == ([], 0)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Email=='BOB@example.org'", ["bob"]),
        ("Email.Contains('example')", ["cyd", "bob", "ada"]),
        ("Email.Contains('dan@')", []),
        ("Name=='Ada'", ["ada"]),
        ("Name=='ada'", []),
        ("Name.StartsWith('A') || Name.EndsWith('d')", ["cyd", "ada"]),
        ("Fields['nome']=='cyd'", ["cyd"]),
        ("campo1=='cyd'", ["cyd"]),
        ("Fields['Shoe size']==''", ["cyd", "bob", "ada"]),
        ("Fields['cognome'].Contains('%')", ["cyd", "bob", "ada"]),
        ("MobileNumber==null", ["cyd", "bob", "ada"]),
    ],
)
def test_a_filter_chooses(tx, five, text, names):
    set_field(tx, 7, "Shoe size")

    listing = page(tx, selection=chosen(text))

    assert emails(listing) == [f"{name}@example.org" for name in names]
    assert listing.total == len(names)


def test_a_filter_counts_beyond_the_page(tx, five):
    listing = page(tx, selection=chosen("Email.Contains('example')"), offset=1, limit=1)

    assert emails(listing) == ["bob@example.org"]
    assert listing.total == 3
    assert page(tx, selection=chosen("Email.Contains('example')"), offset=9).total == 3


def test_a_page_is_sorted_as_asked_for(tx, five):
    assert emails(page(tx, selection=chosen(order="Email asc"))) == [
        f"{name}@example.org" for name in ("ada", "bob", "cyd")
    ]
    assert [row.name for row in page(tx, selection=chosen(order="Name desc")).rows] == ["Cyd", "Bob", "Ada"]


def test_a_sorted_page_says_how_many_there_are(tx, five):
    seal_all(Connection(tx._session))

    pages = [page(tx, selection=chosen(order="Email asc"), offset=offset, limit=2) for offset in (0, 2, 4)]

    assert [(len(each.rows), each.total) for each in pages] == [(2, 3), (1, 3), (0, 3)]
    assert standings(tx, selection=chosen(order="Email asc"), limit=2).total == 5


def test_the_address_that_is_asked_for_comes_first_unless_sorted_otherwise(tx, five):
    sign_up(tx, email=EmailAddress.parse("not-ada@example.org"), confirm=False)

    found = page(tx, selection=chosen("Email.Contains('Ada@example.org')"))
    sorted_ = page(tx, selection=chosen("Email.Contains('ada@example.org')", "idRecipient desc"))

    assert emails(found) == ["ada@example.org", "not-ada@example.org"]
    assert emails(sorted_) == ["not-ada@example.org", "ada@example.org"]


def test_what_is_no_property_is_refused(tx, five):
    with pytest.raises(InvalidArgument):
        page(tx, selection=chosen("Password=='x'"))
    with pytest.raises(InvalidArgument):
        page(tx, selection=chosen("Fields['no such field']=='x'"))
    with pytest.raises(InvalidArgument):
        page(tx, selection=chosen(order="Password"))


@pytest.mark.parametrize(
    "text", ["+393351234567", "+12125550123", "+447911123456", "+3725123456", "+79161234567", "+6591234567"]
)
def test_numbers_are_split_as_they_are_shown(tx, text):
    number = MobileNumber.parse(text)
    sign_up(tx, mobile=number, confirm=False)

    found = page(tx, selection=chosen(f"MobileNumber=='{number.national}' && MobilePrefix=='{number.prefix}'"))

    assert found.total == 1


def test_only_members_of_groups_are_listed(tx, five):
    friends, others = add_group(tx, 1, "Friends", now=NOON), add_group(tx, 1, "Others", now=NOON)
    for group, recipient_id in ((friends, five[0]), (friends, five[3]), (others, five[0]), (others, five[2])):
        join_group(tx, recipient_id, group.id, subscribes=False, evidence=EVIDENCE, now=NOON)

    members = list_members(tx, friends.id, offset=0, limit=10)

    assert (emails(members), members.total) == (["ada@example.org"], 1)
    assert emails(page(tx, selection=chosen(groups=(friends.id, others.id)))) == ["cyd@example.org", "ada@example.org"]
    assert emails(page(tx, status=OUT, selection=chosen(groups=(friends.id,)))) == ["dan@example.org"]
    assert emails(list_members(tx, others.id, selection=chosen("Name=='Cyd'"), offset=0, limit=10)) == [
        "cyd@example.org"
    ]
    assert list_members(tx, others.id, offset=5, limit=10) == ([], 2)


def test_everybody_is_listed_with_where_they_stand(tx, five):
    listing = standings(tx)

    assert [(row.email[:3], row.status, row.cause) for row in listing.rows] == [
        ("eve", WAIT, None),
        ("dan", OUT, Cause.LINK),
        ("cyd", IN, None),
        ("bob", IN, None),
        ("ada", IN, None),
    ]
    assert {row.changed_at for row in listing.rows} == {NOON}
    assert (emails(standings(tx, offset=1, limit=2)), listing.total) == (["dan@example.org", "cyd@example.org"], 5)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Status=='OPTOUT'", ["dan"]),
        ("Status!='OPTIN'", ["eve", "dan"]),
        ("Optout_Type==0", ["dan"]),
        ("Optout_Date>='2026-06-01 12:00:00'", ["dan"]),
        ("Optout_Date<'2026-06-01 12:00:00'", []),
        ("Email=='eve@example.org'", ["eve"]),
    ],
)
def test_standings_are_filtered(tx, five, text, names):
    listing = standings(tx, selection=chosen(text))

    assert emails(listing) == [f"{name}@example.org" for name in names]


def test_the_sms_channel_is_another(tx):
    sign_up(tx, mobile=MOBILE, confirm=False)
    sign_up(tx, email=BOB, confirm=False)
    suppress_ada(tx)

    listing = list_recipients(tx, 1, Channel.SMS, IN, offset=0, limit=10)

    assert [(row.email, row.mobile) for row in listing.rows] == [(ADA.text, MOBILE.digits)]


def test_lists_and_groups_of_another_account_are_not_found(tx, stranger):
    theirs = make_list(stranger)
    group = add_group(stranger, theirs.id, "Theirs", now=NOON, group_id=4711)
    sign_up(stranger, confirm=False)

    for selection in (EVERYBODY, chosen("Name=='x'")):
        with pytest.raises(UnknownList):
            page(tx, list_id=theirs.id, selection=selection)
        with pytest.raises(UnknownList):
            list_standings(tx, theirs.id, Channel.EMAIL, selection=selection, offset=0, limit=1)
        with pytest.raises(UnknownGroup):
            list_members(tx, group.id, selection=selection, offset=0, limit=1)

    assert page(tx).total == standings(tx).total == page(tx, selection=chosen("Email.Contains('a')")).total == 0
    assert page(tx, selection=chosen(groups=(group.id,))).total == 0


def test_far_pages_are_found_by_the_counts(tx):
    people, first = 10_000, 100
    fill(tx, first, people)
    everybody = list(range(first + people - 1, first - 1, -1))
    subscribed = [each for each in everybody if (each - first) % 10]

    for offset in (0, 4_095, 4_096, 8_995, 9_999):
        assert [row.id for row in page(tx, offset=offset).rows] == subscribed[offset : offset + 10]
        assert [row.id for row in standings(tx, offset=offset).rows] == everybody[offset : offset + 10]
    assert (page(tx).total, standings(tx).total) == (9_000, 10_000)


def test_an_address_is_looked_up_by_its_index(tx):
    fill(tx, 100, 2_000)
    analyze(tx)
    node = parse_filter("Email=='person5@example.org'")
    chosen_ = queries.Chosen(where=where(node, PROPERTIES), exact=("person5@example.org",))

    for query in (queries.found_query(chosen_, (IN,)), queries.found_query(chosen_, queries.SHOWN)):
        assert "recipients_email" in plan(tx, query)


def test_a_plain_page_reads_the_index_of_the_list(tx):
    fill(tx, 100, 2_000)
    analyze(tx)

    values = {"of_list": 1, "of_channel": Channel.EMAIL, "skipped": 5, "most": 10, "before": queries.NEWEST}

    assert "subscriptions_list" in plan(tx, queries.PAGE, of_status=IN, **values)
    assert "subscriptions_list" in plan(tx, queries.STANDINGS_PAGE, reach=15, **values)


def fill(tx, first, people):
    """Put many on list 1 at once; every tenth has left it."""
    now = to_microseconds(NOON)
    ids = range(first, first + people)
    tx.load(
        recipients,
        ("id", "email", "mobile", "name", "language", "fields", "created_at", "changed_at"),
        [(each, f"person{each}@example.org", None, "", None, "{}", now, now) for each in ids],
    )
    status_of = {each: OUT if (each - first) % 10 == 0 else IN for each in ids}
    tx.load(
        subscriptions,
        ("recipient_id", "list_id", "channel", "status", "cause", "changed_at"),
        [(each, 1, 0, int(status_of[each]), None, now) for each in ids],
    )
    moves = {
        Move(1, Channel.EMAIL, Status.NOT_REGISTERED, which): [(each, "x") for each in ids if status_of[each] == which]
        for which in (IN, OUT)
    }
    append(tx, moves, evidence=EVIDENCE, now=NOON)
    while seal_all(Connection(tx._session)):
        pass


def analyze(tx):
    if tx._session.dialect_name == "postgresql":
        tx._session.settle()
        tx._cursor.execute("ANALYZE recipients")
        tx._cursor.execute("ANALYZE subscriptions")


def plan(tx, statement, **values):
    prepared = Statement(statement.expression if isinstance(statement, Statement) else statement).prepared_for(
        tx._session.dialect_name
    )
    explain = "EXPLAIN QUERY PLAN " if tx._session.dialect_name == "sqlite" else "EXPLAIN "
    bound = prepared.bind({"account_id": tx.account_id, "of_list": 1, "of_channel": Channel.EMAIL} | values)
    tx._session.settle()
    tx._cursor.execute(explain + prepared.sql, bound)
    return str(tx._cursor.fetchall())
