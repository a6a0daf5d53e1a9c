from datetime import timedelta

import pytest

from recipients.people import (
    ADA,
    BASE,
    BOB,
    CAPS,
    EVIDENCE,
    MOBILE,
    OTHER_MOBILE,
    mails,
    make_list,
    sign_up,
    status,
)
from staffetta.lists import UnknownList, add_group, set_field
from staffetta.recipients import (
    AddressesOfTwo,
    AddressSuppressed,
    Cause,
    GivenField,
    SignUp,
    Status,
    UnknownRecipient,
    force_subscription,
    get_profile,
    history,
    place,
    suppress,
    unsubscribe,
)
from trying import NOON

NEW, IN, OUT, WAIT = Status.NOT_REGISTERED, Status.SUBSCRIBED, Status.UNSUBSCRIBED, Status.PENDING


def put(tx, *, now=NOON, recipient_id=None, given=(), caps=None, **changed):
    values = {"lists": (1,), "email": ADA, "confirm": False, **BASE} | changed
    return place(tx, SignUp(**values), recipient_id=recipient_id, given=given, evidence=EVIDENCE, now=now, caps=caps)


def force(tx, recipient_id, list_id=1):
    force_subscription(tx, recipient_id, list_id, evidence=EVIDENCE, now=NOON)


def bring_to(tx, wanted):
    """Make Ada somebody of a status on list 1, known from another list in any case."""
    elsewhere = make_list(tx, "Elsewhere")
    recipient_id = sign_up(tx, lists=(elsewhere.id,), confirm=False).recipient_id
    if wanted != NEW:
        sign_up(tx, confirm=wanted == WAIT)
    if wanted == OUT:
        unsubscribe(tx, recipient_id, (1,), cause=Cause.LINK, evidence=EVIDENCE, now=NOON, **BASE)
    return recipient_id


@pytest.mark.parametrize(
    ("before", "confirm", "after", "asked"),
    [
        (NEW, False, IN, 0),
        (IN, False, IN, 0),
        (OUT, False, OUT, 0),
        (WAIT, False, WAIT, 0),
        (NEW, True, WAIT, 1),
        (IN, True, IN, 0),
        (OUT, True, WAIT, 1),
        (WAIT, True, WAIT, 1),
    ],
)
def test_a_known_person_keeps_the_status_unless_asked_to_confirm(tx, before, confirm, after, asked):
    recipient_id = bring_to(tx, before)

    placed = put(tx, confirm=confirm)

    assert (placed.recipient_id, status(tx), placed.requests) == (recipient_id, after, asked)


@pytest.mark.parametrize(("confirm", "after", "asked"), [(False, IN, 0), (True, WAIT, 1)])
def test_somebody_new_is_made(tx, confirm, after, asked):
    placed = put(tx, confirm=confirm, name="Ada")

    assert placed.recipient_id > 0
    assert (status(tx), placed.requests, len(mails(tx, "confirmation"))) == (after, asked, asked)
    assert get_profile(tx, placed.recipient_id).recipient.name == "Ada"
    assert [entry.new_status for entry in history(tx, ADA.text)] == [after]


def test_requests_are_capped(tx):
    put(tx, confirm=True, caps=CAPS)

    again = put(tx, confirm=True, caps=CAPS, now=NOON + timedelta(minutes=1))

    assert again.requests == 0


def test_fields_are_found_by_number_or_name_and_an_empty_value_keeps_what_is_known(tx):
    set_field(tx, 7, "Shoe size")
    given = (
        GivenField(1, "whatever", "Ada"),
        GivenField(None, "SHOE size ", "38"),
        GivenField(None, "campo9", "Rome"),
        GivenField(None, "no such field", "x"),
        GivenField(4711, "", "x"),
    )

    placed = put(tx, given=given)
    put(tx, given=(GivenField(1, "", ""), GivenField(7, "", "39")))

    assert get_profile(tx, placed.recipient_id).recipient.fields == {"1": "Ada", "7": "39", "9": "Rome"}


def test_groups_of_the_list_are_joined(tx):
    group, other = add_group(tx, 1, "Friends", now=NOON), add_group(tx, make_list(tx).id, "Others", now=NOON)

    placed = put(tx, groups=(group.id, other.id))

    assert get_profile(tx, placed.recipient_id).groups == {group.id}


def test_an_id_stands_for_a_person_whose_address_is_not_given(tx):
    news = make_list(tx)
    known = put(tx).recipient_id

    placed = put(tx, email=None, recipient_id=known, lists=(news.id,))

    assert placed.recipient_id == known
    assert status(tx, news.id) == IN


def test_an_unknown_id_is_not_found(tx, stranger):
    theirs = put(stranger).recipient_id

    for recipient_id in (theirs, 4711, None):
        with pytest.raises(UnknownRecipient):
            put(tx, email=None, recipient_id=recipient_id)


def test_a_list_of_another_account_is_not_found(tx, stranger):
    theirs = make_list(stranger)

    with pytest.raises(UnknownList):
        put(tx, lists=(theirs.id,))


def test_an_address_and_a_number_of_two_people_are_refused(tx):
    put(tx, mobile=MOBILE)
    put(tx, email=BOB, mobile=OTHER_MOBILE)

    with pytest.raises(AddressesOfTwo):
        put(tx, mobile=OTHER_MOBILE)
    with pytest.raises(AddressesOfTwo):
        put(tx, email=ADA.parse("new@example.org"), mobile=MOBILE)

    assert put(tx, mobile=MOBILE).recipient_id == put(tx).recipient_id


def test_somebody_known_by_number_alone_gets_the_address(tx):
    known = put(tx, email=None, mobile=MOBILE).recipient_id

    placed = put(tx, mobile=MOBILE)

    assert placed.recipient_id == known
    assert (status(tx), status(tx, 1, MOBILE)) == (IN, IN)


def test_a_number_is_not_asked_by_mail(tx):
    placed = put(tx, email=None, mobile=MOBILE, confirm=True)

    assert (placed.requests, status(tx, 1, MOBILE)) == (0, IN)


def test_a_dead_address_keeps_its_standing_and_an_unknown_one_is_refused(tx):
    news = make_list(tx)
    known = put(tx).recipient_id
    for address in (ADA, BOB):
        suppress(tx, address.text, cause=Cause.BOUNCE, evidence=EVIDENCE, now=NOON)

    placed = put(tx, lists=(1, news.id), name="Ada")
    by_id = put(tx, email=None, recipient_id=known, lists=(news.id,), confirm=True)
    with pytest.raises(AddressSuppressed):
        put(tx, email=BOB)

    assert placed.recipient_id == by_id.recipient_id == known
    assert (status(tx), status(tx, news.id), status(tx, 1, BOB)) == (OUT, NEW, NEW)
    assert get_profile(tx, known).recipient.name == "Ada"


@pytest.mark.parametrize("before", [NEW, IN, OUT, WAIT])
def test_a_subscription_is_forced_wherever_the_person_stood(tx, before):
    recipient_id = bring_to(tx, before)

    force(tx, recipient_id)
    force(tx, recipient_id)

    assert status(tx) == IN
    assert mails(tx, "confirmation")[(before == WAIT) :] == []


def test_nobody_is_forced_after_a_complaint(tx):
    recipient_id = put(tx).recipient_id
    suppress(tx, ADA.text, cause=Cause.COMPLAINT, evidence=EVIDENCE, now=NOON)

    with pytest.raises(AddressSuppressed):
        force(tx, recipient_id)
    with pytest.raises(AddressSuppressed):
        force(tx, recipient_id, make_list(tx).id)

    assert status(tx) == OUT


def test_force_finds_neither_strangers_nor_their_lists(tx, stranger):
    theirs = put(stranger).recipient_id

    with pytest.raises(UnknownRecipient):
        force(tx, theirs)
    with pytest.raises(UnknownList):
        force(tx, put(tx).recipient_id, make_list(stranger).id)

    assert status(stranger) == IN
