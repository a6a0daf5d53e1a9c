"""What leaves the platform: a delivery for each message to each address, planned with the change that calls for it."""

from staffetta.outbox.claiming import end_lease, exchange, renew_lease, settle_orphans, take_lease
from staffetta.outbox.model import Delivery, DeliveryState, NewDelivery, Outcome, next_try_at
from staffetta.outbox.planning import put
from staffetta.outbox.queries import (
    caught,
    caught_mail,
    count_caught,
    count_states,
    count_states_of,
    count_waiting,
    in_state,
    keep_caught,
    next_due_at,
    planned_since,
    settle_doubt,
)

__all__ = [
    "Delivery",
    "DeliveryState",
    "NewDelivery",
    "Outcome",
    "caught",
    "caught_mail",
    "count_caught",
    "count_states",
    "count_states_of",
    "count_waiting",
    "end_lease",
    "exchange",
    "in_state",
    "keep_caught",
    "next_due_at",
    "next_try_at",
    "planned_since",
    "put",
    "renew_lease",
    "settle_doubt",
    "settle_orphans",
    "take_lease",
]
