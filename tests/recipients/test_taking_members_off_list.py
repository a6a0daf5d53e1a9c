"""Taking the members of a group off its list, and forgetting those who stand on no other."""

import pytest

from recipients.people import ADA, BOB, EVIDENCE, MOBILE, mails, make_list, profile, sign_up, status
from staffetta.lists import GroupNotDeletable, UnknownGroup, UnknownList, add_group, catalog, remove_group
from staffetta.recipients import (
    Channel,
    Status,
    UnknownRecipient,
    history,
    queries,
    seal_all,
    take_members_off_list,
    unsubscribe_address,
    verify,
)
from trying import NOON


@pytest.fixture
def group(tx):
    """A group of list 1."""
    return add_group(tx, 1, "Gone", now=NOON)


def take_off(tx, group, **changed):
    return take_members_off_list(tx, 1, group.id, evidence=EVIDENCE, now=NOON, **changed)


def test_a_member_of_another_list_leaves_this_one_with_all_its_groups(tx, group):
    news = make_list(tx)
    of_news = catalog(tx).groups_of(news.id)[0]
    ada = sign_up(tx, lists=(1, news.id), groups=(1, group.id, of_news.id), mobile=MOBILE, confirm=False)

    taken = take_off(tx, group)

    known = profile(tx, ada)
    assert taken == 1
    assert set(known.subscriptions) == {(news.id, Channel.EMAIL), (news.id, Channel.SMS)}
    assert set(known.groups) == {of_news.id}
    assert {(row.list_id, row.new_status) for row in history(tx, ADA.text)[-2:]} == {(1, Status.NOT_REGISTERED)}


def test_a_member_of_no_other_list_is_erased(tx, group):
    ada = sign_up(tx, groups=(group.id,))
    sign_up(tx, email=BOB)

    take_off(tx, group)

    with pytest.raises(UnknownRecipient):
        profile(tx, ada)
    assert history(tx, ADA.text) == []
    assert [mail.address for mail in mails(tx)] == [BOB.text]
    assert status(tx, address=BOB) == Status.PENDING


def test_that_somebody_left_another_list_is_not_forgotten(tx, group):
    news = make_list(tx)
    sign_up(tx, lists=(1, news.id), groups=(group.id,), confirm=False)
    unsubscribe_address(tx, news.id, ADA, evidence=EVIDENCE, now=NOON, base_url="", host="h")

    take_off(tx, group)

    assert (status(tx), status(tx, news.id)) == (Status.NOT_REGISTERED, Status.UNSUBSCRIBED)


def test_members_go_in_slices_and_a_repeat_does_nothing(tx, group):
    for number in range(5):
        sign_up(tx, email=type(ADA).parse(f"p{number}@example.org"), groups=(group.id,), confirm=False)

    taken = [take_off(tx, group, most=2) for _ in range(4)]

    assert taken == [2, 2, 1, 0]


def test_a_member_who_is_nobody_does_not_hold_the_group(tx, group):
    queries.join_groups(tx, 4711, [group.id])

    taken = [take_off(tx, group) for _ in range(2)]

    assert taken == [1, 0]


def test_the_chain_of_the_ledger_holds(own_database):
    from staffetta.accounts import create_account
    from staffetta.lists import furnish

    with own_database.connection() as connection:
        given = {"account_id": None, "name": "A", "hosts": ("members.example",), "password": None, "now": NOON}
        account = create_account(connection, **given)
        tx = connection.for_account(account.id)
        furnish(tx, account, now=NOON)
        news, group = make_list(tx), add_group(tx, 1, "Gone", now=NOON)
        sign_up(tx, lists=(1, news.id), groups=(group.id,), confirm=False)
        sign_up(tx, email=BOB, groups=(group.id,), confirm=False)

    with own_database.transaction(account.id) as tx:
        take_off(tx, group)
    with own_database.connection() as connection:
        seal_all(connection)

    with own_database.transaction(account.id) as tx:
        assert [each for each in verify(tx) if not isinstance(each, int)] == []


def test_a_group_that_every_list_has_keeps_its_members(tx):
    kept = next(each for each in catalog(tx).groups_of(1) if not each.deletable)
    sign_up(tx, groups=(kept.id,), confirm=False)

    with pytest.raises(GroupNotDeletable):
        take_off(tx, kept)

    assert status(tx) == Status.SUBSCRIBED


def test_a_group_of_another_list_or_account_is_not_found(tx, stranger, group):
    news = make_list(tx)
    sign_up(tx, groups=(group.id,), confirm=False)

    with pytest.raises(UnknownGroup):
        take_members_off_list(tx, news.id, group.id, evidence=EVIDENCE, now=NOON)
    with pytest.raises(UnknownGroup):
        take_off(stranger, group)
    with pytest.raises(UnknownList):
        take_members_off_list(stranger, news.id, group.id, evidence=EVIDENCE, now=NOON)

    assert status(tx) == Status.SUBSCRIBED


def test_the_same_people_of_another_account_stay(tx, stranger, group):
    their_group = add_group(stranger, 1, "Theirs", group_id=group.id + 100, now=NOON)
    sign_up(stranger, groups=(their_group.id,), confirm=False)
    sign_up(tx, groups=(group.id,), confirm=False)

    take_off(tx, group)
    remove_group(tx, 1, group.id)

    assert (status(tx), status(stranger)) == (Status.NOT_REGISTERED, Status.SUBSCRIBED)
