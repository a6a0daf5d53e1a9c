import pytest

from recipients.people import ADA, BOB, MOBILE, OTHER_MOBILE, make_list, profile, sign_up, status
from staffetta.lists import UnknownList, add_group
from staffetta.recipients import (
    Channel,
    Status,
    UnknownRecipient,
    change_groups,
    get_profile,
    save_fields,
    update_by_address,
)
from trying import NOON


def update(tx, address=ADA, *, list_id=1, fields=None, groups=(), replace_groups=False):
    update_by_address(tx, list_id, address, fields=fields or {}, groups=groups, replace_groups=replace_groups, now=NOON)


def test_fields_are_set_and_cleared_and_the_others_stay(tx):
    signed_up = sign_up(tx, fields={1: "Ada", 2: "Lovelace", 3: "Engines"})

    update(tx, fields={1: " Augusta ", 2: "", 3: " ", 4: "London", 99: "unknown"})

    assert profile(tx, signed_up).recipient.fields == {"1": "Augusta", "4": "London"}


def test_nothing_to_update_is_no_mistake(tx):
    signed_up = sign_up(tx, fields={1: "Ada"}, groups=(1,))

    update(tx)

    known = profile(tx, signed_up)
    assert (known.recipient.fields, set(known.groups)) == ({"1": "Ada"}, {1})


@pytest.mark.parametrize(
    ("groups", "replace_groups", "after"),
    [
        ((2,), False, {1, 2}),
        ((2, 2, 12345), True, {2}),
        ((1, 3), True, {1, 3}),
        ((), True, set()),
        ((), False, {1}),
    ],
)
def test_groups_of_the_list_are_joined_or_replaced_and_others_stay(tx, groups, replace_groups, after):
    news = make_list(tx)
    elsewhere = add_group(tx, news.id, "elsewhere", now=NOON)
    signed_up = sign_up(tx, lists=(1, news.id), groups=(1, elsewhere.id))

    update(tx, groups=(*groups, elsewhere.id), replace_groups=replace_groups)

    assert set(profile(tx, signed_up).groups) == {*after, elsewhere.id}


@pytest.mark.parametrize("address", [ADA, MOBILE])
def test_somebody_is_found_by_address_or_number_and_the_status_stays(tx, address):
    signed_up = sign_up(tx, mobile=MOBILE)

    update(tx, address, fields={1: "Ada"})

    assert profile(tx, signed_up).recipient.fields == {"1": "Ada"}
    assert status(tx) == Status.PENDING


def test_who_is_not_on_the_list_is_not_found(tx):
    news = make_list(tx)
    sign_up(tx)

    for address, list_id in ((BOB, 1), (OTHER_MOBILE, 1), (ADA, news.id)):
        with pytest.raises(UnknownRecipient):
            update(tx, address, list_id=list_id)
    with pytest.raises(UnknownList):
        update(tx, list_id=99)


def test_a_profile_has_subscriptions_and_groups(tx):
    news = make_list(tx)
    signed_up = sign_up(tx, lists=(1,), groups=(1,), confirm=False)
    sign_up(tx, lists=(news.id,))

    known = get_profile(tx, signed_up.recipient_id)

    assert set(known.subscriptions) == {(1, Channel.EMAIL), (news.id, Channel.EMAIL)}
    assert known.lists_with(Status.SUBSCRIBED) == [1]
    assert known.lists_with(Status.SUBSCRIBED, Status.PENDING) == [1, news.id]
    assert set(known.groups) == {1}


def test_the_status_of_somebody_unknown_is_not_registered(tx):
    assert status(tx, 1, BOB) == status(tx, 1, OTHER_MOBILE) == status(tx, 99, ADA) == Status.NOT_REGISTERED


def test_a_number_that_several_people_share_is_found_on_its_list(tx):
    news = make_list(tx)
    sign_up(tx, mobile=MOBILE, confirm=False)
    sign_up(tx, email=BOB, mobile=MOBILE, lists=(news.id,), confirm=False)

    assert status(tx, news.id, MOBILE) == status(tx, 1, MOBILE) == Status.SUBSCRIBED


def test_of_several_people_with_a_number_the_one_on_the_list_is_updated(tx):
    news = make_list(tx)
    sign_up(tx, mobile=MOBILE, confirm=False)
    bob = sign_up(tx, email=BOB, mobile=MOBILE, lists=(news.id,), confirm=False)

    update(tx, MOBILE, list_id=news.id, fields={1: "Bob"})

    assert profile(tx, bob).recipient.fields == {"1": "Bob"}


def test_another_accounts_recipients_are_not_found(tx, stranger):
    theirs = sign_up(stranger, mobile=MOBILE, confirm=False, groups=(1,), fields={1: "Theirs"})

    with pytest.raises(UnknownRecipient):
        get_profile(tx, theirs.recipient_id)
    for address in (ADA, MOBILE):
        assert status(tx, 1, address) == Status.NOT_REGISTERED
        with pytest.raises(UnknownRecipient):
            update(tx, address, fields={1: "Ours"}, replace_groups=True)
    save_fields(tx, profile(stranger, theirs).recipient, {1: "Ours"}, now=NOON)
    change_groups(tx, theirs.recipient_id, (), of_lists=(1,))

    known = profile(stranger, theirs)
    assert (known.recipient.fields, set(known.groups)) == ({"1": "Theirs"}, {1})
