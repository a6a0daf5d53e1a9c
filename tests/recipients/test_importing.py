"""Importing many people at once."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recipients.people import ADA, BOB, EVIDENCE, MOBILE, mails, make_list, status
from staffetta.db import Transaction
from staffetta.errors import InvalidArgument
from staffetta.kit.addresses import EmailAddress
from staffetta.lists import UnknownList, add_group, catalog, set_field
from staffetta.outbox import DeliveryState, add_sending, in_state
from staffetta.recipients import (
    Cause,
    Channel,
    Event,
    Imported,
    ImportPlan,
    ImportRow,
    Profile,
    Reason,
    Refused,
    SignUp,
    Status,
    Tally,
    get_profile,
    history,
    import_rows,
    next_status,
    subscribe,
    suppress,
    unsubscribe_address,
    verify,
)
from staffetta.recipients.bulk_reading import address_of
from staffetta.recipients.ledger import seal
from staffetta.recipients.queries import recipient_by_email, recipient_by_mobile
from trying import NOON

IMPORTS = [event for event in Event if event.name.startswith("IMPORT")]
LATER = NOON + timedelta(hours=1)


def row(email: str = "", **values: Any) -> ImportRow:
    return ImportRow(email=email, **values)


def bring(tx: Transaction, *rows: ImportRow, now: Any = LATER, **plan: Any) -> Imported:
    """Import rows into list 1, or as told."""
    return import_rows(tx, rows, ImportPlan(**{"list_id": 1} | plan), evidence=EVIDENCE, now=now)


def profile(tx: Transaction, email: str = ADA.text) -> Profile:
    recipient = recipient_by_email(tx, email)
    assert recipient
    return get_profile(tx, recipient.id)


def stand(tx: Transaction, standing: Status, *, cause: Cause | None = None) -> None:
    """Bring Ada to a status on list 1."""
    if standing == Status.NOT_REGISTERED:
        return
    subscribe(tx, SignUp(lists=(1,), email=ADA, confirm=standing == Status.PENDING), evidence=EVIDENCE, now=NOON)
    if cause and cause.is_final:
        suppress(tx, ADA.text, cause=cause, evidence=EVIDENCE, now=NOON)
    elif standing == Status.UNSUBSCRIBED:
        unsubscribe_address(tx, 1, ADA, base_url="", host="", evidence=EVIDENCE, now=NOON)


def test_new_people_are_subscribed_with_what_is_known_of_them(tx):
    first = row(" Ada@Example.org ", name="Ada", fields={"1": "Ada", "2": "", "999": "no such field"})

    imported = bring(tx, first, row("bob@example.org"))

    assert imported.tally == Tally(rows=2, created=2, email_new=2)
    assert profile(tx).recipient.name == "Ada"
    assert profile(tx).recipient.fields == {"1": "Ada"}
    assert status(tx) == status(tx, address=BOB) == Status.SUBSCRIBED


@pytest.mark.parametrize("event", IMPORTS)
@pytest.mark.parametrize("before", Status)
def test_an_event_leads_everybody_where_the_contract_says(tx, event, before):
    stand(tx, before)

    bring(tx, row(ADA.text), event=event)

    after = status(tx)
    assert after == next_status(before, event)
    entries = history(tx, ADA.text)
    changed = [each for each in entries if each.happened_at == LATER]
    assert [(each.old_status, each.new_status) for each in changed] == ([(before, after)] if after != before else [])
    if after == Status.UNSUBSCRIBED != before:
        assert changed[0].cause == Cause.IMPORT


@pytest.mark.parametrize("event", IMPORTS)
@pytest.mark.parametrize("cause", [Cause.BOUNCE, Cause.COMPLAINT])
def test_a_dead_address_comes_back_by_no_import(tx, event, cause):
    stand(tx, Status.UNSUBSCRIBED, cause=cause)

    bring(tx, row(ADA.text), event=event)

    assert status(tx) == Status.UNSUBSCRIBED


def test_a_dead_address_that_is_not_on_the_list_is_refused_and_named(tx):
    stand(tx, Status.SUBSCRIBED, cause=Cause.BOUNCE)
    other = make_list(tx)

    imported = bring(tx, row("x@example.org"), row(ADA.text), list_id=other.id, event=Event.IMPORT_FORCED)

    assert imported.refused == [Refused(1, Reason.SUPPRESSED_EMAIL)]
    assert imported.tally == Tally(rows=2, rejected=1, created=1, email_new=1, invalid_email=1)
    assert status(tx, other.id) == Status.NOT_REGISTERED


def test_a_dead_address_that_nobody_knows_can_only_be_unsubscribed(tx):
    suppress(tx, ADA.text, cause=Cause.COMPLAINT, evidence=EVIDENCE, now=NOON)

    refused = bring(tx, row(ADA.text))
    bring(tx, row(ADA.text), event=Event.IMPORT_AS_OPTOUT)

    assert refused.tally.created == 0
    assert status(tx) == Status.UNSUBSCRIBED


def test_a_repeat_of_the_whole_changes_nothing(tx):
    rows = [row("ada@example.org", fields={"1": "Ada"}, number="+39 335 1234567"), row("bob@example.org")]
    bring(tx, *rows, now=NOON)
    before = profile(tx)

    again = bring(tx, *rows)

    assert again.tally == Tally(rows=2, updated=2, email_update=2, number_update=1)
    assert profile(tx) == before
    assert [entry.happened_at for entry in history(tx, ADA.text)] == [NOON, NOON]


def test_values_that_are_given_replace_and_empty_ones_keep(tx):
    bring(tx, row(ADA.text, name="Ada", fields={"1": "Ada", "2": "Byron"}), now=NOON)

    bring(tx, row(ADA.text, fields={"1": "", "2": "Lovelace", "3": "Engines"}))

    assert profile(tx).recipient.fields == {"1": "Ada", "2": "Lovelace", "3": "Engines"}
    assert profile(tx).recipient.name == "Ada"


def test_fields_that_a_row_does_not_fill_are_blanked_where_that_is_asked(tx):
    bring(tx, row(ADA.text, fields={"1": "Ada", "2": "Byron"}), now=NOON)

    bring(tx, row(ADA.text, fields={"1": "", "3": "Engines"}), clear_missing=True)

    assert profile(tx).recipient.fields == {"3": "Engines"}


def test_none_takes_a_value_away(tx):
    bring(tx, row(ADA.text, fields={"1": "Ada", "2": "Lovelace", "4": "London"}), now=NOON)

    bring(tx, row(ADA.text, fields={"1": None, "2": "", "999": None}), row(BOB.text, fields={"1": None, "2": "Bob"}))

    assert profile(tx).recipient.fields == {"2": "Lovelace", "4": "London"}
    assert profile(tx, BOB.text).recipient.fields == {"2": "Bob"}


def test_who_stays_unsubscribed_is_counted_apart(tx):
    stand(tx, Status.UNSUBSCRIBED)

    tally = bring(tx, row(ADA.text), row(BOB.text)).tally

    assert (tally.email_new, tally.email_update, tally.optout_email, tally.optout_number) == (1, 1, 1, 0)


def test_of_several_rows_of_an_address_the_last_values_win(tx):
    imported = bring(
        tx,
        row(ADA.text, name="Augusta", fields={"1": "Augusta", "2": "Byron"}),
        row("ADA@example.org", name="Ada", fields={"1": "Ada"}),
        row("ada@example.org"),
    )

    assert imported.tally == Tally(rows=3, created=1, email_new=1, repeated_email=2)
    assert profile(tx).recipient.name == "Ada"
    assert profile(tx).recipient.fields == {"1": "Ada", "2": "Byron"}


def test_a_repeat_in_a_later_chunk_of_the_same_import_counts_as_one(tx):
    bring(tx, row(ADA.text), row(BOB.text), started_at=NOON, now=NOON)

    later = bring(tx, row(ADA.text, name="Ada"), started_at=NOON)

    assert later.tally == Tally(rows=1, repeated_email=1)
    assert profile(tx).recipient.name == "Ada"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (row("no address"), Reason.INVALID_EMAIL),
        (row("a@b"), Reason.INVALID_EMAIL),
        (row("a\x00b@example.org"), Reason.INVALID_EMAIL),
        (row(), Reason.WITHOUT_EMAIL),
        (row("  ", name="Nobody"), Reason.WITHOUT_EMAIL),
        (row(number="abc"), Reason.INVALID_NUMBER),
    ],
)
def test_a_row_that_cannot_be_used_holds_nobody_up(tx, given, reason):
    imported = bring(tx, row(BOB.text), given)

    assert imported.refused == [Refused(1, reason)]
    assert (imported.tally.rows, imported.tally.rejected, imported.tally.created) == (2, 1, 1)
    assert imported.tally.refused == 1


def test_a_bad_number_does_not_cost_the_address(tx):
    imported = bring(tx, row(ADA.text, number="12"))

    assert imported.refused == [Refused(0, Reason.INVALID_NUMBER)]
    assert imported.tally == Tally(rows=1, created=1, email_new=1, invalid_number=1)
    assert profile(tx).recipient.mobile is None


def test_a_national_number_on_a_list_without_a_country_is_refused(tx):
    from recipients.people import set_list

    set_list(tx, default_prefix="")

    imported = bring(tx, row(number="3351234567"), row(number="3351234567", prefix="0039"))

    assert imported.refused == [Refused(0, Reason.WITHOUT_PREFIX)]
    assert status(tx, address=MOBILE) == Status.SUBSCRIBED


def test_numbers_subscribe_by_sms(tx):
    imported = bring(
        tx, row(ADA.text, prefix="+39", number="335 1234567"), row(number="00393357654321"), event=Event.IMPORT_FORCED
    )

    assert imported.tally == Tally(rows=2, created=2, email_new=1, number_new=2)
    assert status(tx, address=MOBILE) == Status.SUBSCRIBED
    assert recipient_by_mobile(tx, "393357654321").email is None


def test_a_number_alone_speaks_of_whoever_has_it(tx):
    bring(tx, row(ADA.text, number="+393351234567"), now=NOON)

    stored = bring(tx, row(number="+393351234567", name="Ada"))
    in_one_call = bring(tx, row(BOB.text, number="+393357654321"), row(number="+393357654321", name="Bob"))

    assert stored.tally == Tally(rows=1, updated=1, number_update=1)
    assert profile(tx).recipient.name == "Ada"
    assert in_one_call.tally == Tally(rows=2, created=1, email_new=1, number_new=1, repeated_email=1)
    assert profile(tx, BOB.text).recipient.name == "Bob"


def test_numbers_are_left_out_where_that_is_asked(tx):
    imported = bring(tx, row(ADA.text, number="+393351234567"), row(number="junk"), ignore_mobile=True)

    assert imported.tally == Tally(rows=2, rejected=1, created=1, email_new=1, without_email=1)
    assert profile(tx).recipient.mobile is None


def test_a_dead_number_is_not_subscribed(tx):
    suppress(tx, MOBILE.digits, cause=Cause.BOUNCE, evidence=EVIDENCE, now=NOON)

    imported = bring(tx, row(ADA.text, number=str(MOBILE)))

    assert imported.refused == [Refused(0, Reason.SUPPRESSED_NUMBER)]
    assert status(tx) == Status.SUBSCRIBED
    assert status(tx, address=MOBILE) == Status.NOT_REGISTERED


def test_everybody_joins_the_groups(tx):
    group = add_group(tx, 1, "Readers", now=NOON)
    bring(tx, row(ADA.text), now=NOON, group_ids=(group.id,))

    bring(tx, row(ADA.text), row(BOB.text), group_ids=(group.id, 999))

    assert set(profile(tx).groups) == set(profile(tx, BOB.text).groups) == {group.id}


def test_the_other_groups_of_the_list_alone_are_left(tx):
    other = make_list(tx)
    old, new = add_group(tx, 1, "Old", now=NOON), add_group(tx, 1, "New", now=NOON)
    elsewhere = add_group(tx, other.id, "Elsewhere", now=NOON)
    bring(tx, row(ADA.text), now=NOON, group_ids=(old.id,))
    bring(tx, row(ADA.text), now=NOON, list_id=other.id, group_ids=(elsewhere.id,))

    bring(tx, row(ADA.text), group_ids=(new.id,), replace_groups=True)

    assert set(profile(tx).groups) == {new.id, elsewhere.id}


def test_the_pending_are_asked_once_by_a_sending_that_holds_them(tx):
    stand(tx, Status.SUBSCRIBED)
    sending_id = add_sending(tx, kind="import_confirmation", list_id=1, subject="?", now=NOON)
    plan = {
        "event": Event.IMPORT_TO_CONFIRM,
        "sending_id": sending_id,
        "base_url": "https://news.example",
        "host": "news.example",
    }

    bring(tx, row(ADA.text), row(BOB.text), row(number="+393351234567"), **plan)
    bring(tx, row(ADA.text), **plan)

    held = in_state(tx, DeliveryState.HELD, most=10)
    assert sorted(each.address for each in held) == [ADA.text, BOB.text]
    assert held[0].details == {"lists": [1], "base_url": "https://news.example", "language": ""}
    assert held[0].kind == "confirmation"
    assert mails(tx) == []
    assert status(tx, address=MOBILE) == Status.SUBSCRIBED


def test_values_that_a_database_cannot_keep_are_cut_to_what_it_can(tx):
    bring(tx, row(ADA.text, name="A\x00da", fields={"1": "x" * 5_000, "2": "a\x00b\ud800"}))

    recipient = profile(tx).recipient
    assert recipient.name == "Ada"
    assert len(recipient.fields["1"]) == 1_000
    assert recipient.fields["2"] == "ab?"


def test_the_ledger_holds(tx, stranger):
    stand(tx, Status.PENDING)

    bring(tx, row(ADA.text), row(BOB.text), event=Event.IMPORT_FORCED)
    while seal(tx):
        pass

    assert list(verify(tx))[-1:] == [3]
    assert [each.cause for each in history(tx, BOB.text)] == [None]


def test_a_list_of_another_account_is_not_found(tx, stranger):
    theirs = make_list(stranger)

    with pytest.raises(UnknownList):
        bring(tx, row(ADA.text), list_id=theirs.id)


def test_another_account_s_people_groups_and_fields_are_not_touched(tx, stranger):
    theirs = add_group(stranger, 1, "Theirs", now=NOON)
    set_field(stranger, 77, "theirs")
    bring(stranger, row(ADA.text, name="Theirs", number="+393351234567"), now=NOON)
    before = profile(stranger)

    imported = bring(
        tx, row(ADA.text, fields={"77": "x"}), row(number="+393351234567"), group_ids=(theirs.id,), replace_groups=True
    )

    assert imported.tally.created == 2
    assert 77 not in catalog(tx).fields
    assert profile(tx).recipient.fields == {}
    assert not profile(tx).groups
    assert profile(stranger) == before


def test_nothing_is_an_import_too(tx):
    assert bring(tx) == Imported(Tally(), [])


def test_channels_are_apart(tx):
    bring(tx, row(ADA.text, number="+393351234567"), now=NOON)

    bring(tx, row(ADA.text), event=Event.IMPORT_AS_OPTOUT)

    standings = profile(tx).subscriptions
    assert standings[1, Channel.EMAIL].status == Status.UNSUBSCRIBED
    assert standings[1, Channel.SMS].status == Status.SUBSCRIBED


ODD = st.text(st.sampled_from("aZ0é.-_+@ \x00\t'\"ß中()"), max_size=24)


@given(st.one_of(ODD, st.emails(), st.builds("{}@{}".format, ODD, ODD)))
def test_the_quick_way_reads_an_address_as_the_careful_one_does(text):
    try:
        careful = EmailAddress.parse(text).text
    except InvalidArgument:
        careful = None

    assert address_of(text) == careful
