import pytest

from recipients.people import (
    ADA,
    BASE,
    BOB,
    EVIDENCE,
    MOBILE,
    confirm,
    mails,
    make_list,
    profile,
    set_list,
    sign_up,
    status,
)
from staffetta.db import Connection
from staffetta.kit.languages import Language
from staffetta.lists import UnknownList
from staffetta.recipients import (
    AlreadyUnsubscribed,
    Cause,
    Channel,
    Status,
    UnknownRecipient,
    history,
    suppress,
    suppressed_among,
    unsubscribe,
    unsubscribe_address,
    waiting_among,
)
from trying import NOON

IN, OUT, WAIT, NEW = Status.SUBSCRIBED, Status.UNSUBSCRIBED, Status.PENDING, Status.NOT_REGISTERED


def leave_by_address(tx, address=ADA, list_id=1):
    unsubscribe_address(tx, list_id, address, evidence=EVIDENCE, now=NOON, **BASE)


def leave(tx, recipient_id, *lists, cause=Cause.LINK):
    left = unsubscribe(tx, recipient_id, lists, cause=cause, evidence=EVIDENCE, now=NOON, **BASE)
    return [each.id for each in left]


@pytest.mark.parametrize("confirmed", [True, False])
def test_an_address_is_taken_off_a_list_whether_it_has_confirmed_or_not(tx, confirmed):
    signed_up = sign_up(tx, confirm=not confirmed)

    leave_by_address(tx)

    subscription = profile(tx, signed_up).subscriptions[1, Channel.EMAIL]
    assert (subscription.status, subscription.cause) == (OUT, Cause.API)


def test_an_address_that_is_not_on_the_list_is_told_so(tx):
    news = make_list(tx)
    sign_up(tx, confirm=False)

    with pytest.raises(AlreadyUnsubscribed):
        leave_by_address(tx, BOB)
    with pytest.raises(AlreadyUnsubscribed):
        leave_by_address(tx, list_id=news.id)
    leave_by_address(tx)
    with pytest.raises(AlreadyUnsubscribed):
        leave_by_address(tx)
    with pytest.raises(UnknownList):
        leave_by_address(tx, list_id=99)

    assert status(tx, news.id) == NEW
    assert len(history(tx, ADA.text)) == 2


def test_an_address_and_a_number_leave_each_for_itself(tx):
    sign_up(tx, mobile=MOBILE, confirm=False)

    leave_by_address(tx, MOBILE)
    assert (status(tx), status(tx, 1, MOBILE)) == (IN, OUT)

    leave_by_address(tx, ADA)
    assert (status(tx), status(tx, 1, MOBILE)) == (OUT, OUT)


def test_everybody_of_a_number_leaves_the_list_and_no_other_list(tx):
    news = make_list(tx)
    elsewhere = sign_up(tx, mobile=MOBILE, lists=(news.id,), confirm=False)
    sign_up(tx, email=BOB, mobile=MOBILE, confirm=False)
    sign_up(tx, email=ADA.parse("eve@example.org"), mobile=MOBILE, confirm=False)

    leave_by_address(tx, MOBILE)

    assert (status(tx, 1, MOBILE), status(tx, news.id, MOBILE)) == (OUT, IN)
    assert set(profile(tx, elsewhere).subscriptions) == {(news.id, Channel.EMAIL), (news.id, Channel.SMS)}
    with pytest.raises(AlreadyUnsubscribed):
        leave_by_address(tx, MOBILE)


def test_a_number_is_subscribed_while_one_of_those_who_share_it_is(tx):
    first = sign_up(tx, mobile=MOBILE, confirm=False)
    sign_up(tx, email=BOB, mobile=MOBILE, confirm=False)

    leave(tx, first.recipient_id, 1)

    assert status(tx, 1, MOBILE) == IN


def test_a_person_leaves_lists_on_every_channel(tx):
    news, offers = make_list(tx), make_list(tx, "Offers")
    signed_up = sign_up(tx, lists=(1, news.id), mobile=MOBILE, confirm=False)

    left = leave(tx, signed_up.recipient_id, 1, news.id, offers.id)

    assert left == [1, news.id]
    assert {each.status for each in profile(tx, signed_up).subscriptions.values()} == {OUT}
    assert status(tx, offers.id) == NEW
    assert leave(tx, signed_up.recipient_id, 1, news.id) == []


def test_a_person_leaves_only_the_lists_named(tx):
    news = make_list(tx)
    signed_up = sign_up(tx, lists=(1, news.id), confirm=False)

    leave(tx, signed_up.recipient_id, 1, cause=Cause.LIST_UNSUBSCRIBE)

    assert (status(tx), status(tx, news.id)) == (OUT, IN)
    assert profile(tx, signed_up).subscriptions[1, Channel.EMAIL].cause == Cause.LIST_UNSUBSCRIBE


def test_nobody_and_nowhere_are_told_so(tx):
    signed_up = sign_up(tx)

    with pytest.raises(UnknownRecipient):
        leave(tx, signed_up.recipient_id + 1, 1)
    with pytest.raises(UnknownList):
        leave(tx, signed_up.recipient_id, 1, 99)


def test_goodbye_and_notice_are_planned_where_the_list_asks_for_them(tx):
    set_list(tx, send_email_optout=True, notify_email="boss@shop.example")
    signed_up = sign_up(tx, confirm=False, language=Language.FR)

    leave(tx, signed_up.recipient_id, 1)
    leave(tx, signed_up.recipient_id, 1)

    goodbye, notice = mails(tx)
    details = {"lists": [1], "base_url": "https://news.example", "language": "fr", "about": ADA.text}
    assert (goodbye.kind, goodbye.address, goodbye.details) == ("goodbye", ADA.text, details)
    assert (notice.kind, notice.address, notice.details) == ("notice", "boss@shop.example", details)
    assert goodbye.recipient_id == notice.recipient_id == signed_up.recipient_id


def test_by_default_nobody_is_written_to(tx):
    sign_up(tx, confirm=False)

    leave_by_address(tx)

    assert mails(tx) == []


def test_who_never_confirmed_is_not_written_to_and_the_owner_is(tx):
    set_list(tx, send_email_optout=True, notify_email="boss@shop.example")
    sign_up(tx)

    leave_by_address(tx)

    assert [mail.kind for mail in mails(tx)] == ["confirmation", "notice"]


@pytest.mark.parametrize("confirmed", [True, False])
def test_who_leaves_with_a_number_is_not_written_to_at_an_address(tx, confirmed):
    set_list(tx, send_email_optout=True)
    sign_up(tx, mobile=MOBILE, confirm=not confirmed)
    sign_up(tx, email=None, mobile=MOBILE)

    leave_by_address(tx, MOBILE)

    assert mails(tx, "goodbye") == []


def test_a_person_who_leaves_several_lists_is_written_to_by_each_that_asks_for_it(tx):
    set_list(tx, send_email_optout=True)
    quiet, loud = make_list(tx, send_email_optout=False), make_list(tx, "Loud", send_email_optout=True)
    signed_up = sign_up(tx, lists=(1, quiet.id, loud.id), mobile=MOBILE, confirm=False)

    leave(tx, signed_up.recipient_id, 1, quiet.id, loud.id)

    assert [mail.list_id for mail in mails(tx, "goodbye")] == [1, loud.id]


def test_a_dead_address_leaves_every_list_and_is_never_written_to_again(tx):
    news = make_list(tx, send_email_optout=True)
    signed_up = sign_up(tx, lists=(1, news.id), mobile=MOBILE, confirm=False)

    suppress(tx, ADA.text, cause=Cause.BOUNCE, evidence=EVIDENCE, now=NOON)
    suppress(tx, ADA.text, cause=Cause.COMPLAINT, evidence=EVIDENCE, now=NOON)

    known = profile(tx, signed_up).subscriptions
    assert {known[list_id, Channel.EMAIL].status for list_id in (1, news.id)} == {OUT}
    assert known[1, Channel.EMAIL].cause == Cause.BOUNCE
    assert known[1, Channel.SMS].status == IN
    assert mails(tx) == []
    assert len([entry for entry in history(tx, ADA.text) if entry.cause == Cause.BOUNCE]) == 2


def test_an_address_that_nobody_has_can_be_suppressed(tx):
    suppress(tx, BOB.text, cause=Cause.COMPLAINT, evidence=EVIDENCE, now=NOON)

    found = suppressed_among(Connection(tx._session), [(tx.account_id, ADA.text), (tx.account_id, BOB.text)])

    assert found == {(tx.account_id, BOB.text)}


def test_suppressions_and_people_who_wait_are_found_by_account(tx, stranger):
    connection = Connection(tx._session)
    ours, theirs = sign_up(tx), sign_up(stranger)
    confirm(stranger, theirs.recipient_id)
    suppress(stranger, BOB.text, cause=Cause.COMPLAINT, evidence=EVIDENCE, now=NOON)

    accounts = (tx.account_id, stranger.account_id)
    waiting = waiting_among(
        connection, {(tx.account_id, ours.recipient_id), (stranger.account_id, theirs.recipient_id)}
    )
    suppressed = suppressed_among(connection, [(account, BOB.text) for account in accounts])

    assert waiting == {(tx.account_id, ours.recipient_id)}
    assert suppressed == {(stranger.account_id, BOB.text)}


def test_a_recipient_of_another_account_is_not_found(tx, stranger):
    theirs = sign_up(stranger, confirm=False, mobile=MOBILE)

    with pytest.raises(AlreadyUnsubscribed):
        leave_by_address(tx)
    with pytest.raises(AlreadyUnsubscribed):
        leave_by_address(tx, MOBILE)
    with pytest.raises(UnknownRecipient):
        leave(tx, theirs.recipient_id, 1)
    suppress(tx, ADA.text, cause=Cause.BOUNCE, evidence=EVIDENCE, now=NOON)

    assert status(stranger) == IN
