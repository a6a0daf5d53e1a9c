import re
from datetime import timedelta

from outbox.planned import MINUTE, NOON, begin, plan
from staffetta.outbox import DeliveryState, exchange, in_state, planned_since


def test_a_planned_delivery_is_due_at_once_and_its_message_id_is_fixed(connection, ours):
    first = plan(ours, details={"lists": [1, 2], "base_url": "https://news.example", "ü": None})
    second = plan(ours)

    row = in_state(ours, DeliveryState.PLANNED, most=10)[1]
    [claimed, _] = sorted(exchange(connection, [], lease=begin(connection), most=9, now=NOON), key=lambda each: each.id)
    assert (row.id, row.due_at, row.created_at, row.attempts, row.reply) == (first, NOON, NOON, 0, "")
    assert re.fullmatch(rf"<1\.{first}\.[0-9a-f]{{12}}@news\.example>", row.message_id)
    assert claimed.message_id == row.message_id
    assert claimed.details == {"lists": [1, 2], "base_url": "https://news.example", "ü": None}
    assert second != first


def test_what_was_planned_lately_is_found_by_recipient_and_kind(ours):
    plan(ours, now=NOON - timedelta(days=1))
    plan(ours, now=NOON - MINUTE, list_id=3)
    plan(ours, now=NOON, kind="welcome")
    plan(ours, now=NOON, recipient_id=6)

    found = planned_since(ours, 5, "confirmation", NOON - timedelta(days=1))

    assert [(row.list_id, row.created_at) for row in found] == [(3, NOON - MINUTE)]


def test_what_another_account_planned_is_not_found(ours, theirs):
    plan(theirs)

    assert planned_since(ours, 5, "confirmation", NOON - MINUTE) == []
    assert in_state(ours, DeliveryState.PLANNED, most=10) == []
