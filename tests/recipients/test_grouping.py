import pytest

from recipients.people import ADA, BASE, EVIDENCE, make_list, sign_up, status, suppress_ada
from staffetta.lists import UnknownGroup, add_group
from staffetta.recipients import (
    Cause,
    Status,
    UnknownRecipient,
    get_profile,
    group_of,
    join_group,
    leave_group,
    unsubscribe,
)
from trying import NOON

NEW, IN, OUT, WAIT = Status.NOT_REGISTERED, Status.SUBSCRIBED, Status.UNSUBSCRIBED, Status.PENDING


def join(tx, recipient_id, group_id, *, subscribes=True):
    join_group(tx, recipient_id, group_id, subscribes=subscribes, evidence=EVIDENCE, now=NOON)


@pytest.fixture
def ada(tx):
    """Somebody who is subscribed to another list."""
    return sign_up(tx, lists=(make_list(tx, "Elsewhere").id,), confirm=False).recipient_id


@pytest.fixture
def friends(tx):
    """A group of list 1."""
    return add_group(tx, 1, "Friends", now=NOON)


def groups(tx, recipient_id):
    return get_profile(tx, recipient_id).groups


@pytest.mark.parametrize(("subscribes", "after"), [(True, IN), (False, NEW)])
def test_a_group_is_joined_and_its_list_if_that_is_wanted(tx, ada, friends, subscribes, after):
    join(tx, ada, friends.id, subscribes=subscribes)
    join(tx, ada, friends.id, subscribes=subscribes)

    assert groups(tx, ada) == {friends.id}
    assert status(tx) == after


@pytest.mark.parametrize(("subscribes", "after"), [(True, IN), (False, OUT)])
def test_joining_a_group_forces_the_subscription_to_its_list(tx, ada, friends, subscribes, after):
    sign_up(tx, confirm=False)
    unsubscribe(tx, ada, (1,), cause=Cause.LINK, evidence=EVIDENCE, now=NOON, **BASE)

    join(tx, ada, friends.id, subscribes=subscribes)

    assert groups(tx, ada) == {friends.id}
    assert status(tx) == after


def test_joining_a_group_does_for_a_confirmation(tx, ada, friends):
    sign_up(tx)

    join(tx, ada, friends.id)

    assert status(tx) == IN


def test_who_complained_is_not_brought_back_by_a_group(tx, ada, friends):
    sign_up(tx, confirm=False)
    suppress_ada(tx)

    join(tx, ada, friends.id)

    assert groups(tx, ada) == {friends.id}
    assert status(tx) == OUT


def test_a_dead_address_joins_the_group_and_not_the_list(tx, ada, friends):
    suppress_ada(tx)

    join(tx, ada, friends.id)

    assert groups(tx, ada) == {friends.id}
    assert status(tx) == NEW


def test_a_group_is_left_and_the_list_is_not(tx, ada, friends):
    join(tx, ada, friends.id)

    leave_group(tx, ada, friends.id)
    leave_group(tx, ada, friends.id)

    assert groups(tx, ada) == set()
    assert status(tx) == IN


def test_groups_and_people_of_another_account_are_not_found(tx, stranger, ada, friends):
    theirs = add_group(stranger, 1, "Theirs", now=NOON, group_id=4711)

    for operation in (group_of, lambda tx, group_id: join(tx, ada, group_id), lambda tx, g: leave_group(tx, ada, g)):
        with pytest.raises(UnknownGroup):
            operation(tx, theirs.id)
    for operation in (join, leave_group):
        with pytest.raises(UnknownRecipient):
            operation(stranger, ada, theirs.id)

    assert status(stranger, 1, ADA) == NEW
