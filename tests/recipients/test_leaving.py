"""Lists and groups that go, and what becomes of the people on them."""

import pytest

from conftest import make_account
from recipients.people import ADA, BOB, EVIDENCE, MOBILE, mails, make_list, profile, sign_up, status
from staffetta.lists import ListNotDeletable, UnknownGroup, UnknownList, catalog, change_group, get_list
from staffetta.outbox import (
    DeliveryState,
    NewDelivery,
    UnknownSending,
    add_sending,
    get_sending,
    in_state,
    put_for_sending,
)
from staffetta.recipients import (
    Channel,
    Status,
    clear_list,
    empty_group,
    history,
    remove_list,
    seal_all,
    unsubscribe_address,
    verify,
)
from trying import NOON


def said(tx, address):
    """Return list, channel and the change of status of each entry about an address."""
    return [(row.list_id, row.channel, row.old_status, row.new_status) for row in history(tx, address)]


def test_a_list_goes_with_its_groups_and_the_memberships_in_them(tx):
    news = make_list(tx)
    group = catalog(tx).groups_of(news.id)[0]
    ada = sign_up(tx, lists=(1, news.id), groups=(1, group.id), confirm=False)

    ended = remove_list(tx, news.id, evidence=EVIDENCE, now=NOON)

    known = profile(tx, ada)
    assert ended == 1
    assert (list(known.subscriptions), set(known.groups)) == ([(1, Channel.EMAIL)], {1})
    assert catalog(tx).groups_of(news.id) == ()
    with pytest.raises(UnknownList):
        get_list(tx, news.id)


def test_the_ledger_tells_of_everybody_who_was_on_it(tx):
    news = make_list(tx)
    sign_up(tx, lists=(news.id,), confirm=False)
    sign_up(tx, lists=(news.id,), email=BOB)
    sign_up(tx, lists=(news.id,), email=None, mobile=MOBILE, confirm=False)
    unsubscribe_address(tx, news.id, ADA, evidence=EVIDENCE, now=NOON, base_url="", host="h")

    ended = remove_list(tx, news.id, evidence=EVIDENCE, now=NOON)

    assert ended == 3
    gone = Status.NOT_REGISTERED
    assert said(tx, ADA.text)[-1] == (news.id, Channel.EMAIL, Status.UNSUBSCRIBED, gone)
    assert said(tx, BOB.text)[-1] == (news.id, Channel.EMAIL, Status.PENDING, gone)
    assert said(tx, MOBILE.digits)[-1] == (news.id, Channel.SMS, Status.SUBSCRIBED, gone)
    last = history(tx, BOB.text)[-1]
    assert (last.address, last.cause, last.source, last.ip) == (BOB.text, None, EVIDENCE.source, EVIDENCE.ip)
    assert (last.user_agent, last.wording, last.happened_at) == (EVIDENCE.user_agent, EVIDENCE.wording, NOON)


def test_the_entries_are_sealed_like_any_other(tx):
    news = make_list(tx)
    for number in range(5):
        sign_up(tx, lists=(news.id,), email=type(ADA).parse(f"p{number}@example.org"), confirm=False)
    remove_list(tx, news.id, evidence=EVIDENCE, now=NOON)

    sign_up(tx, lists=(1,), email=BOB, confirm=False)

    ids = [row.id for number in range(5) for row in history(tx, f"p{number}@example.org")]
    assert len(set(ids)) == 10
    assert [row.position for row in history(tx, BOB.text)] == [None]


def test_what_is_planned_for_the_list_is_cancelled_and_nothing_else(tx):
    news = make_list(tx)
    sign_up(tx, lists=(news.id,))
    sign_up(tx, lists=(1,), email=BOB)

    remove_list(tx, news.id, evidence=EVIDENCE, now=NOON)

    assert [row.address for row in mails(tx)] == [BOB.text]
    assert [row.address for row in in_state(tx, DeliveryState.CANCELLED, most=9)] == [ADA.text]


def test_what_is_held_for_the_list_is_cancelled_with_its_sending(tx, stranger):
    news, theirs = make_list(tx), make_list(stranger)
    ours, others = add_sending(tx, kind="confirmation", list_id=news.id, subject="", now=NOON), []
    for where, list_id in ((tx, 1), (stranger, theirs.id)):
        others.append((where, add_sending(where, kind="confirmation", list_id=list_id, subject="", now=NOON)))
    for where, sending in ((tx, ours), *others):
        mail = NewDelivery(kind="confirmation", address=ADA.text, list_id=7, recipient_id=7, details={})
        put_for_sending(where, sending, [mail], host="h", now=NOON)

    remove_list(tx, news.id, evidence=EVIDENCE, now=NOON)

    with pytest.raises(UnknownSending):
        get_sending(tx, ours)
    assert len(in_state(tx, DeliveryState.CANCELLED, most=9)) == 1
    for where, sending in others:
        assert get_sending(where, sending).id == sending
        assert len(in_state(where, DeliveryState.HELD, most=9)) == 1


def test_a_long_list_is_cleared_in_slices_and_then_goes(tx, stranger):
    news, theirs = make_list(tx), make_list(stranger)
    group = catalog(tx).groups_of(news.id)[0]
    people = [
        sign_up(tx, lists=(1, news.id), email=type(ADA).parse(f"p{number}@example.org"), groups=(1, group.id))
        for number in range(5)
    ]
    their_ada = sign_up(stranger, lists=(theirs.id,), confirm=False)

    ended = [clear_list(tx, news.id, most=2, evidence=EVIDENCE, now=NOON) for _ in range(4)]

    assert ended == [2, 2, 1, 0]
    assert get_list(tx, news.id) == news
    assert remove_list(tx, news.id, evidence=EVIDENCE, now=NOON) == 0
    for number, person in enumerate(people):
        known = profile(tx, person)
        assert (list(known.subscriptions), set(known.groups)) == ([(1, Channel.EMAIL)], {1})
        assert said(tx, f"p{number}@example.org")[-1][-2:] == (Status.PENDING, Status.NOT_REGISTERED)
    assert (theirs.id, Channel.EMAIL) in profile(stranger, their_ada).subscriptions


def test_an_empty_list_goes_without_a_word(tx):
    news = make_list(tx)

    assert remove_list(tx, news.id, evidence=EVIDENCE, now=NOON) == 0
    assert list(catalog(tx).lists) == [1]


def test_list_1_stays(tx):
    ada = sign_up(tx, confirm=False)

    for operation in (clear_list, remove_list):
        with pytest.raises(ListNotDeletable, match="default settings"):
            operation(tx, 1, evidence=EVIDENCE, now=NOON)

    assert (1, Channel.EMAIL) in profile(tx, ada).subscriptions


def test_a_number_is_not_given_again(tx):
    news = make_list(tx)
    remove_list(tx, news.id, evidence=EVIDENCE, now=NOON)

    assert make_list(tx).id == news.id + 1


def test_a_list_of_another_account_is_not_found(tx, stranger):
    news, theirs = make_list(tx), make_list(stranger)
    their_ada = sign_up(stranger, lists=(theirs.id,), confirm=False)
    assert news.id == theirs.id

    remove_list(tx, news.id, evidence=EVIDENCE, now=NOON)

    for operation in (clear_list, remove_list):
        with pytest.raises(UnknownList):
            operation(tx, theirs.id, evidence=EVIDENCE, now=NOON)
    assert get_list(stranger, theirs.id) == theirs
    assert (theirs.id, Channel.EMAIL) in profile(stranger, their_ada).subscriptions
    assert status(stranger, theirs.id) == Status.SUBSCRIBED


def test_a_group_is_emptied_and_everybody_stays_on_the_list(tx, stranger):
    ada, bob = sign_up(tx, groups=(1, 2), confirm=False), sign_up(tx, email=BOB, groups=(1,), confirm=False)
    theirs = sign_up(stranger, groups=(1,), confirm=False)

    assert empty_group(tx, 1, 1) == 2
    assert empty_group(tx, 1, 1) == 0
    assert (set(profile(tx, ada).groups), set(profile(tx, bob).groups)) == ({2}, set())
    assert status(tx) == Status.SUBSCRIBED
    assert set(profile(stranger, theirs).groups) == {1}


def test_a_group_that_the_list_has_not_is_not_emptied(tx, stranger):
    news = make_list(tx)
    change_group(stranger, 1, 1, name="Theirs")

    with pytest.raises(UnknownGroup):
        empty_group(tx, news.id, 1)
    with pytest.raises(UnknownList):
        empty_group(tx, 99, 1)
    with pytest.raises(UnknownGroup):
        empty_group(tx, 1, 99)


def test_the_chain_holds_after_a_list_went(own_database):
    account = make_account(own_database)
    with own_database.transaction(account.id) as tx:
        news = make_list(tx)
        sign_up(tx, lists=(news.id, 1), confirm=False)
        remove_list(tx, news.id, evidence=EVIDENCE, now=NOON)
    with own_database.connection() as connection:
        seal_all(connection)

    with own_database.transaction(account.id) as tx:
        assert list(verify(tx)) == [3]
