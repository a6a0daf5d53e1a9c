from datetime import timedelta

import pytest

from recipients.people import (
    ADA,
    BOB,
    CAPS,
    EVIDENCE,
    MINUTE,
    MOBILE,
    OTHER_MOBILE,
    confirm,
    mails,
    make_list,
    profile,
    sign_up,
    status,
)
from staffetta.errors import NotFound
from staffetta.kit.languages import Language
from staffetta.lists import add_group
from staffetta.recipients import (
    AddressSuppressed,
    Caps,
    Cause,
    Channel,
    SignUp,
    Status,
    history,
    subscribe,
    suppress,
    unsubscribe,
)
from staffetta.recipients.queries import is_suppressed
from trying import NOON

IN, OUT, WAIT, NEW = Status.SUBSCRIBED, Status.UNSUBSCRIBED, Status.PENDING, Status.NOT_REGISTERED


def test_somebody_new_is_pending_and_is_asked(tx):
    signed_up = sign_up(tx, language=Language.IT)

    [mail] = mails(tx)
    assert (signed_up.statuses, signed_up.was_subscribed, signed_up.requests) == ((WAIT,), False, 1)
    assert (mail.kind, mail.address, mail.list_id) == ("confirmation", ADA.text, 1)
    assert mail.recipient_id == signed_up.recipient_id
    assert mail.details == {"lists": [1], "base_url": "https://news.example", "language": "it"}
    assert mail.message_id.endswith("@news.example>")
    assert status(tx) == WAIT


def test_without_confirmation_somebody_new_is_subscribed_and_mailed_nothing(tx):
    signed_up = sign_up(tx, confirm=False)

    assert (signed_up.statuses, signed_up.was_subscribed, signed_up.requests) == ((IN,), False, 0)
    assert mails(tx) == []
    assert status(tx) == IN


def test_each_list_asks_by_its_own_message(tx):
    news, offers = make_list(tx), make_list(tx, "Offers")

    signed_up = sign_up(tx, lists=(news.id, offers.id))

    assert signed_up.statuses == (WAIT, WAIT)
    assert [(mail.list_id, mail.details["lists"]) for mail in mails(tx)] == [
        (news.id, [news.id]),
        (offers.id, [offers.id]),
    ]


def test_one_list_asks_for_all_where_that_is_wanted(tx):
    news, offers = make_list(tx), make_list(tx, "Offers")

    signed_up = sign_up(tx, lists=(news.id, offers.id), ask_for=offers.id)

    assert signed_up.requests == 1
    assert [(mail.list_id, mail.details["lists"]) for mail in mails(tx)] == [(offers.id, [news.id, offers.id])]


def test_lists_on_which_somebody_is_subscribed_are_not_asked_for(tx):
    news = make_list(tx)
    sign_up(tx, confirm=False)

    signed_up = sign_up(tx, lists=(1, news.id), ask_for=1)

    assert (signed_up.statuses, signed_up.was_subscribed) == ((IN, WAIT), False)
    assert [(mail.list_id, mail.details["lists"]) for mail in mails(tx)] == [(1, [news.id])]


def test_a_list_named_twice_is_one_list(tx):
    signed_up = sign_up(tx, lists=(1, 1))

    assert signed_up.requests == 1
    assert len(history(tx, ADA.text)) == 1


def test_somebody_subscribed_stays_so_and_gets_groups_and_fields_all_the_same(tx):
    sign_up(tx, confirm=False)

    signed_up = sign_up(tx, groups=(1, 2), fields={1: "Ada"}, name="Ada L.")

    known = profile(tx, signed_up)
    assert (signed_up.statuses, signed_up.was_subscribed, signed_up.requests) == ((IN,), True, 0)
    assert set(known.groups) == {1, 2}
    assert (known.recipient.fields, known.recipient.name) == ({"1": "Ada"}, "Ada L.")
    assert len(history(tx, ADA.text)) == 1


def test_somebody_pending_is_asked_again(tx):
    sign_up(tx)

    signed_up = sign_up(tx)

    assert (signed_up.statuses, signed_up.requests) == ((WAIT,), 1)
    assert len(mails(tx)) == 2
    assert len(history(tx, ADA.text)) == 1


def test_somebody_pending_is_subscribed_by_a_sign_up_without_confirmation(tx):
    sign_up(tx)

    signed_up = sign_up(tx, confirm=False)

    assert (signed_up.statuses, signed_up.was_subscribed) == ((IN,), False)


@pytest.mark.parametrize(("confirmed", "after"), [(True, WAIT), (False, IN)])
def test_somebody_who_left_can_come_back(tx, confirmed, after):
    recipient_id = sign_up(tx, confirm=False).recipient_id
    leave(tx, recipient_id, Cause.LINK)

    signed_up = sign_up(tx, confirm=confirmed)

    assert signed_up.statuses == (after,)
    assert signed_up.recipient_id == recipient_id
    assert profile(tx, signed_up).subscriptions[1, Channel.EMAIL].cause is None


def leave(tx, recipient_id, cause):
    unsubscribe(tx, recipient_id, (1,), base_url="", host="", cause=cause, evidence=EVIDENCE, now=NOON)


def test_the_same_mailbox_in_other_capitals_is_the_same_person(tx):
    first = sign_up(tx)

    assert sign_up(tx, email=ADA.parse("ADA@Example.ORG")).recipient_id == first.recipient_id


def test_groups_are_joined_where_they_exist_on_the_lists_named(tx, stranger):
    news = make_list(tx)
    here, elsewhere = add_group(tx, 1, "here", now=NOON), add_group(tx, news.id, "elsewhere", now=NOON)
    theirs = add_group(stranger, 1, "theirs", now=NOON, group_id=900)

    signed_up = sign_up(tx, groups=(here.id, elsewhere.id, theirs.id, 12345, here.id))
    again = sign_up(tx, groups=(here.id, 1))

    assert set(profile(tx, again).groups) == {here.id, 1}
    assert again.recipient_id == signed_up.recipient_id


def test_fields_are_kept_where_the_account_has_them(tx):
    signed_up = sign_up(tx, fields={1: "Ada", 2: "", 40: "x" * 2000, 41: "unknown", 0: "unknown"})

    assert profile(tx, signed_up).recipient.fields == {"1": "Ada", "40": "x" * 1000}


def test_an_empty_value_changes_nothing(tx):
    sign_up(tx, fields={1: "Ada", 2: "Lovelace"})

    signed_up = sign_up(tx, fields={1: "", 3: "Engines"})

    assert profile(tx, signed_up).recipient.fields == {"1": "Ada", "2": "Lovelace", "3": "Engines"}


def test_a_sender_named_by_the_sign_up_is_kept_for_its_mail(tx):
    sign_up(tx, sender_email="desk@shop.example", sender_name="Desk")
    sign_up(tx, email=BOB, sender_name="Desk")

    first, second = mails(tx)
    assert first.details["sender"] == ["desk@shop.example", "Desk"]
    assert second.details["sender"] == ["", "Desk"]


def test_a_number_alone_is_subscribed_at_once_though_confirmation_is_wanted(tx):
    signed_up = sign_up(tx, email=None, mobile=MOBILE)

    assert (signed_up.statuses, signed_up.requests) == ((IN,), 0)
    assert status(tx, 1, MOBILE) == IN
    assert profile(tx, signed_up).recipient.email is None
    assert sign_up(tx, email=None, mobile=MOBILE).was_subscribed


def test_address_and_number_are_one_recipient_with_two_channels(tx):
    signed_up = sign_up(tx, mobile=MOBILE)

    known = profile(tx, signed_up)
    assert signed_up.statuses == (WAIT, WAIT)
    assert (signed_up.requests, len(mails(tx))) == (1, 1)
    assert (known.recipient.email, known.recipient.mobile) == (ADA.text, MOBILE.digits)
    assert set(known.subscriptions) == {(1, Channel.EMAIL), (1, Channel.SMS)}
    assert len(history(tx, ADA.text)) == 2


def test_another_number_of_somebody_subscribed_is_a_change(tx):
    sign_up(tx, mobile=MOBILE, confirm=False)
    same = sign_up(tx, mobile=MOBILE)

    changed = sign_up(tx, mobile=OTHER_MOBILE)

    assert same.was_subscribed
    assert not changed.was_subscribed
    assert profile(tx, changed).recipient.mobile == OTHER_MOBILE.digits
    assert status(tx, 1, MOBILE) == NEW
    assert status(tx, 1, OTHER_MOBILE) == IN


def test_a_first_number_of_somebody_subscribed_is_a_new_subscription(tx):
    sign_up(tx, confirm=False)

    signed_up = sign_up(tx, mobile=MOBILE, confirm=False)

    assert not signed_up.was_subscribed
    assert status(tx, 1, MOBILE) == IN


def test_a_sign_up_by_address_alone_leaves_the_number(tx):
    sign_up(tx, mobile=MOBILE, confirm=False)

    signed_up = sign_up(tx)

    assert signed_up.was_subscribed
    assert profile(tx, signed_up).recipient.mobile == MOBILE.digits


def test_a_list_that_does_not_exist_is_refused(tx):
    with pytest.raises(NotFound):
        sign_up(tx, lists=(1, 99))

    assert status(tx) == NEW
    assert mails(tx) == []


def test_an_address_is_asked_once_in_ten_minutes_for_a_list(tx):
    news = make_list(tx)
    requests = [
        sign_up(tx, caps=CAPS, now=NOON).requests,
        sign_up(tx, caps=CAPS, now=NOON + 9 * MINUTE).requests,
        sign_up(tx, caps=CAPS, now=NOON + 9 * MINUTE, lists=(news.id,)).requests,
        sign_up(tx, caps=CAPS, now=NOON + 10 * MINUTE).requests,
        sign_up(tx, caps=CAPS, now=NOON + 11 * MINUTE, lists=(1, news.id)).requests,
        sign_up(tx, caps=CAPS, now=NOON + 12 * MINUTE, email=BOB).requests,
    ]

    assert requests == [1, 0, 1, 1, 0, 1]
    assert status(tx) == WAIT


def test_an_address_is_asked_five_times_in_a_day(tx):
    lists = tuple(make_list(tx, f"List {number}").id for number in range(4))
    hours = [sign_up(tx, caps=CAPS, now=NOON + timedelta(hours=hour)).requests for hour in range(4)]

    several = sign_up(tx, caps=CAPS, now=NOON + timedelta(hours=5), lists=lists)
    exhausted = sign_up(tx, caps=CAPS, now=NOON + timedelta(hours=23))
    next_day = sign_up(tx, caps=CAPS, now=NOON + timedelta(hours=24, seconds=1))

    assert hours == [1, 1, 1, 1]
    assert (several.statuses, several.requests) == ((WAIT,) * 4, 1)
    assert (exhausted.requests, next_day.requests) == (0, 1)


def test_the_caps_hold_for_the_first_sign_up_too(tx):
    lists = tuple(make_list(tx, f"List {number}").id for number in range(7))

    assert sign_up(tx, caps=CAPS, lists=lists).requests == 5


def test_a_cap_of_none_a_day_asks_nobody(tx):
    signed_up = sign_up(tx, caps=Caps(interval=timedelta(0), per_day=0))

    assert (signed_up.statuses, signed_up.requests) == ((WAIT,), 0)


def test_a_suppressed_address_is_not_even_asked(tx):
    suppress(tx, ADA.text, cause=Cause.COMPLAINT, evidence=EVIDENCE, now=NOON)

    with pytest.raises(AddressSuppressed):
        sign_up(tx, confirm=False)

    assert status(tx) == NEW
    assert mails(tx) == []


def test_a_suppressed_number_is_refused(tx):
    suppress(tx, MOBILE.digits, cause=Cause.COMPLAINT, evidence=EVIDENCE, now=NOON)

    with pytest.raises(AddressSuppressed):
        sign_up(tx, mobile=MOBILE)


@pytest.mark.parametrize("cause", [Cause.BOUNCE, Cause.COMPLAINT])
async def test_what_a_refused_sign_up_would_have_changed_is_not_changed(database, account, cause):
    news = await database.write(account.id, make_list)
    signed_up = await database.write(account.id, sign_up, confirm=False, fields={1: "Ada"})
    await database.write(account.id, leave, signed_up.recipient_id, cause)

    with pytest.raises(AddressSuppressed):
        await database.write(account.id, sign_up, lists=(news.id, 1), fields={1: "Eve"}, groups=(1,), mobile=MOBILE)

    with database.transaction(account.id) as tx:
        known = profile(tx, signed_up)
        assert (known.recipient.fields, known.recipient.mobile, set(known.groups)) == ({"1": "Ada"}, None, set())
        assert (status(tx, news.id), status(tx)) == (NEW, OUT)
        assert mails(tx) == []


def test_what_another_account_knows_of_an_address_is_not_found(tx, stranger):
    theirs = sign_up(stranger, confirm=False, fields={1: "Theirs"}, mobile=MOBILE)
    suppress(stranger, BOB.text, cause=Cause.BOUNCE, evidence=EVIDENCE, now=NOON)

    ours = sign_up(tx, fields={2: "Ours"})
    by_number = sign_up(tx, email=None, mobile=MOBILE)

    assert not ours.was_subscribed
    assert not by_number.was_subscribed
    assert profile(tx, ours).recipient.fields == {"2": "Ours"}
    assert profile(stranger, theirs).recipient.fields == {"1": "Theirs"}
    assert status(stranger) == IN
    assert not is_suppressed(tx, BOB.text)
    assert len(mails(stranger)) == 0


def test_a_list_of_another_account_is_not_found(tx, stranger):
    theirs = make_list(stranger)

    with pytest.raises(NotFound):
        sign_up(tx, lists=(theirs.id,))
    with pytest.raises(NotFound):
        sign_up(tx, ask_for=theirs.id)


def test_the_details_of_a_sign_up_need_not_be_given(tx):
    signed_up = subscribe(tx, SignUp(lists=(1,), email=ADA), evidence=EVIDENCE, now=NOON)

    assert confirm(tx, signed_up.recipient_id) == [1]
