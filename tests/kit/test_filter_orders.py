import pytest
from hypothesis import given
from hypothesis import strategies as st

from staffetta.errors import InvalidArgument
from staffetta.kit.filters import Order, parse_order, sorted_by


@pytest.mark.parametrize(
    ("text", "orders"),
    [
        ('"idList desc"', (Order("idList", descending=True),)),
        ('"Email asc"', (Order("Email"),)),
        ('"idMessage+asc"', (Order("idMessage"),)),
        ('"IdMessage+desc"', (Order("IdMessage", descending=True),)),
        ("Name+asc", (Order("Name"),)),
        ("Name asc;idGroup desc", (Order("Name"), Order("idGroup", descending=True))),
        ("Name , idGroup DESC", (Order("Name"), Order("idGroup", descending=True))),
        ("Id", (Order("Id"),)),
        ("[Id descending]", (Order("Id", descending=True),)),
        ("message.id asc", (Order("message.id"),)),
        ("Fields['first name'] desc;Id", (Order("Fields", descending=True, key="first name"), Order("Id"))),
        ("[Fields['name']]", (Order("Fields", key="name"),)),
        ("desc desc", (Order("desc", descending=True),)),
        ("", ()),
        ('""', ()),
        (" [] ", ()),
        ("Name;", (Order("Name"),)),
    ],
)
def test_an_order_is_read_in_every_spelling_that_clients_send(text, orders):
    assert parse_order(text) == orders


@pytest.mark.parametrize(
    "text", ["a b", "a desc b", "a;;b", "1", "a=1", "a desc asc", "Fields['x", ";".join(["a"] * 11), "a" * 1_001]
)
def test_what_is_no_order_is_refused(text):
    with pytest.raises(InvalidArgument):
        parse_order(text)


@given(st.text(max_size=40) | st.text("ab .;,+-[]'\"desc", max_size=40))
def test_no_text_does_more_than_be_refused(text):
    try:
        orders = parse_order(text)
    except InvalidArgument:
        return

    assert all(order.name for order in orders)


GETTERS = {"Name": lambda item: item[0], "Id": lambda item: item[1]}


def test_items_are_sorted_as_people_look_for_them():
    items = [("b", 1), ("B", 2), ("a", 3), (None, 4), ("C", 5)]

    by_name = sorted_by(items, parse_order("name"), GETTERS)
    backwards = sorted_by(items, parse_order("NAME desc"), GETTERS)

    assert [item[1] for item in by_name] == [4, 3, 2, 1, 5]
    assert [item[1] for item in backwards] == [5, 1, 2, 3, 4]


def test_what_is_equal_is_sorted_by_the_next_property():
    items = [("a", 1), ("a", 2), ("b", 3)]

    found = sorted_by(items, parse_order("Name asc;Id desc"), GETTERS)

    assert [item[1] for item in found] == [2, 1, 3]


def test_an_order_by_what_is_no_property_is_refused():
    with pytest.raises(InvalidArgument, match="there is no property Nmae"):
        sorted_by([("a", 1)], parse_order("Nmae"), GETTERS)
