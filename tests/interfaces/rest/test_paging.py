import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from staffetta.errors import InvalidArgument
from staffetta.interfaces.parameters import Parameters
from staffetta.interfaces.rest.paging import (
    Paged,
    PageRequest,
    envelope,
    filter_of,
    order_of,
    page_of,
    page_request,
)
from staffetta.kit.filters import Order


class Thing(msgspec.Struct, rename={"id": "idThing"}):
    id: int
    Name: str = ""
    Email: str | None = None


def query(**values):
    return Parameters(values.items())


def ids(paged):
    return [item.id for item in paged.items]


@pytest.mark.parametrize(
    ("values", "number", "size"),
    [
        ({}, 0, 20),
        ({"PageNumber": "2", "PageSize": "50"}, 2, 50),
        ({"pageNumber": "2", "pagesize": "50"}, 2, 50),
        ({"PageSize": '"5"'}, 0, 5),
        ({"PageNumber": "", "PageSize": ""}, 0, 20),
        ({"PageNumber": "-1", "PageSize": "-5"}, 0, 20),
        ({"PageNumber": "one", "PageSize": "0"}, 0, 20),
        ({"PageNumber": "1.5", "PageSize": "٣"}, 0, 20),
        ({"PageSize": "1000"}, 0, 1000),
        ({"PageSize": "1001"}, 0, 1000),
        ({"PageSize": "9" * 5_000}, 0, 1000),
        ({"pageNum": "3"}, 0, 20),
        ({"PageNumber": "2147483647", "PageSize": "1"}, 2**31 - 1, 1),
    ],
)
def test_a_page_is_asked_for_by_number_and_size(values, number, size):
    assert page_request(query(**values)) == PageRequest(number, size)


@given(st.text(max_size=30), st.text(max_size=30))
def test_no_text_asks_for_a_page_that_cannot_be(number, size):
    request = page_request(query(PageNumber=number, PageSize=size))

    assert 1 <= request.size <= 1000
    assert 0 <= request.offset < 2**31


def test_a_page_so_far_back_that_none_can_be_there_is_empty():
    paged = page_of(query(PageNumber="9" * 40), [Thing(1)], key="idThing")

    assert (ids(paged), paged.total) == ([], 1)
    assert envelope(paged).Skipped < 2**31


def test_a_page_stands_in_an_envelope():
    paged = Paged([Thing(7)], 35, PageRequest(1, 25))

    encoded = msgspec.json.encode(envelope(paged))

    assert encoded == (
        b'{"IsPaginated":true,"Items":[{"idThing":7,"Name":"","Email":null}],'
        b'"PageNumber":1,"PageSize":25,"Skipped":25,"TotalElementsCount":35}'
    )


@pytest.mark.parametrize(
    ("total", "size", "is_paginated"), [(27, 20, True), (3, 20, False), (20, 20, False), (35, 25, True)]
)
def test_a_collection_is_paginated_when_it_is_longer_than_a_page(total, size, is_paginated):
    assert envelope(Paged([], total, PageRequest(0, size))).IsPaginated is is_paginated


def test_the_newest_stand_first():
    paged = page_of(query(), [Thing(2), Thing(10), Thing(1)], key="idThing")

    assert ids(paged) == [10, 2, 1]


def test_a_collection_is_filtered_before_it_is_cut():
    items = [Thing(number, Name="odd" if number % 2 else "even") for number in range(1, 10)]

    paged = page_of(query(filterby="\"name=='odd'\"", PageNumber="1", PageSize="2"), items, key="idThing")

    assert (ids(paged), paged.total) == ([5, 3], 5)


def test_a_page_past_the_end_is_empty_and_knows_how_many_there_are():
    paged = page_of(query(PageNumber="9"), [Thing(1), Thing(2)], key="idThing")

    assert (ids(paged), paged.total) == ([], 2)


def test_a_collection_is_ordered_and_the_newest_of_equals_stand_first():
    items = [Thing(1, "b"), Thing(2, "a"), Thing(3, "b")]

    assert ids(page_of(query(orderby='"NAME asc"'), items, key="idThing")) == [2, 3, 1]
    assert ids(page_of(query(orderby="idThing+asc"), items, key="idThing")) == [1, 2, 3]


def test_a_property_can_have_a_second_name():
    paged = page_of(query(filterby="idTag==2"), [Thing(1), Thing(2)], key="idThing", aliases={"idTag": "idThing"})

    assert ids(paged) == [2]


def test_an_address_that_is_asked_for_stands_before_those_that_contain_it():
    items = [Thing(1, Email="a@b.c"), Thing(2, Email="aa@b.com"), Thing(3), Thing(4, Email="x@y.z")]

    found = page_of(query(filterby="Email.Contains('A@b.c')"), items, key="idThing")
    ordered = page_of(query(filterby="Email.Contains('a@b.c')", orderby="idThing desc"), items, key="idThing")

    assert ids(found) == [1, 2]
    assert ids(ordered) == [2, 1]


@pytest.mark.parametrize("values", [{"filterby": "Nmae=='x'"}, {"orderby": "Nmae"}, {"filterby": "Name=="}])
def test_what_the_items_do_not_have_is_refused_even_where_there_are_none(values):
    for items in ([Thing(1)], []):
        with pytest.raises(InvalidArgument):
            page_of(query(**values), items, key="idThing", of=Thing)


def test_an_empty_collection_is_an_empty_page():
    paged = page_of(query(filterby="Name=='x'"), [], key="idThing")

    assert (ids(paged), paged.total) == ([], 0)


def test_an_empty_filter_and_order_say_nothing():
    assert filter_of(query(filterby='""')) is None
    assert filter_of(query()) is None
    assert order_of(query(orderby="")) == ()


def test_the_first_of_several_orders_counts():
    assert order_of(Parameters([("orderby[]", "Id desc"), ("orderby[]", "Name")])) == (Order("Id", descending=True),)
