import pytest

from recipients.people import ADA, BOB, EVIDENCE, MOBILE, OTHER_MOBILE, sign_up, status
from staffetta.recipients import (
    AddressSuppressed,
    AddressTaken,
    Cause,
    Details,
    GivenField,
    Status,
    UnknownRecipient,
    change_recipient,
    find,
    suppress,
)
from trying import NOON


def change(tx, **details):
    return change_recipient(tx, Details(**details), now=NOON)


def test_fields_and_name_change_and_an_empty_value_clears(tx):
    recipient_id = sign_up(tx, name="Ada", fields={1: "Ada", 2: "King"}, confirm=False).recipient_id

    changed = change(tx, email=ADA, name="Ada L.", given=(GivenField(2, "", "Lovelace"), GivenField(1, "", "")))

    kept = find(tx, recipient_id)
    assert (kept.name, kept.fields) == ("Ada L.", {"2": "Lovelace"})
    assert (changed.id, changed.name, changed.fields) == (recipient_id, kept.name, kept.fields)


def test_what_is_not_given_stays(tx):
    recipient_id = sign_up(tx, name="Ada", mobile=MOBILE, fields={1: "Ada"}, confirm=False).recipient_id
    before = find(tx, recipient_id)

    change(tx, recipient_id=recipient_id)

    assert find(tx, recipient_id) == before


def test_an_address_moves_with_all_its_subscriptions(tx):
    recipient_id = sign_up(tx, confirm=False).recipient_id

    change(tx, recipient_id=recipient_id, email=BOB)

    assert (status(tx), status(tx, 1, BOB)) == (Status.NOT_REGISTERED, Status.SUBSCRIBED)
    assert find(tx, recipient_id).email == BOB.text


def test_a_number_changes(tx):
    recipient_id = sign_up(tx, mobile=MOBILE, confirm=False).recipient_id

    change(tx, email=ADA, mobile=OTHER_MOBILE)

    assert find(tx, recipient_id).mobile == OTHER_MOBILE.digits


def test_what_belongs_to_somebody_else_is_not_taken(tx):
    recipient_id = sign_up(tx, mobile=MOBILE, confirm=False).recipient_id
    sign_up(tx, email=BOB, mobile=OTHER_MOBILE, confirm=False)

    with pytest.raises(AddressTaken):
        change(tx, recipient_id=recipient_id, email=BOB)
    with pytest.raises(AddressTaken):
        change(tx, recipient_id=recipient_id, mobile=OTHER_MOBILE)

    assert find(tx, recipient_id)[1:3] == (ADA.text, MOBILE.digits)


def test_a_dead_address_is_given_to_nobody(tx):
    recipient_id = sign_up(tx, confirm=False).recipient_id
    suppress(tx, BOB.text, cause=Cause.BOUNCE, evidence=EVIDENCE, now=NOON)

    with pytest.raises(AddressSuppressed):
        change(tx, recipient_id=recipient_id, email=BOB)


def test_a_recipient_of_another_account_is_not_found(tx, stranger):
    theirs = sign_up(stranger, confirm=False).recipient_id

    for details in ({"recipient_id": theirs}, {"email": ADA}, {}):
        with pytest.raises(UnknownRecipient):
            change(tx, name="Mine", **details)
