from outbox.planned import LASTING, MINUTE, NOON, begin, plan
from staffetta.outbox import DeliveryState, count_states, exchange, in_state, settle_doubt, settle_orphans
from staffetta.settings import InDoubtPolicy


def leave_in_doubt(connection):
    exchange(connection, [], lease=begin(connection), most=10, now=NOON)
    settle_orphans(connection, InDoubtPolicy.HOLD, now=NOON + LASTING + MINUTE)


def test_one_delivery_in_doubt_is_settled(connection, ours):
    first, second = plan(ours), plan(ours)
    leave_in_doubt(connection)

    settled = settle_doubt(ours, first, to=DeliveryState.DEFERRED, now=NOON)

    [row] = in_state(ours, DeliveryState.DEFERRED, most=10)
    assert (settled, row.id, row.due_at) == (1, first, NOON)
    assert [each.id for each in in_state(ours, DeliveryState.IN_DOUBT, most=10)] == [second]


def test_all_of_an_accounts_deliveries_in_doubt_are_settled_and_no_others(connection, ours, theirs):
    plan(ours)
    plan(ours)
    plan(theirs)
    leave_in_doubt(connection)
    waiting = plan(ours)

    settled = settle_doubt(ours, 0, to=DeliveryState.DROPPED, now=NOON)

    assert settled == 2
    assert [each.id for each in in_state(ours, DeliveryState.PLANNED, most=10)] == [waiting]
    assert count_states(connection) == {
        DeliveryState.DROPPED: 2,
        DeliveryState.IN_DOUBT: 1,
        DeliveryState.PLANNED: 1,
    }


def test_a_delivery_of_another_account_is_not_settled(connection, ours, theirs):
    delivery = plan(theirs)
    leave_in_doubt(connection)

    assert settle_doubt(ours, delivery, to=DeliveryState.SENT, now=NOON) == 0
