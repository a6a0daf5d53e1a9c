"""What the operator sees and does of activations."""

import pytest

from provisioning.asking import ask
from staffetta.provisioning import (
    ActivationState,
    NotOperable,
    UnknownActivation,
    block,
    get_activation,
    in_maintenance,
    list_activations,
    retry,
)
from staffetta.provisioning.taking import take
from trying import NOON


def test_activations_are_listed_newest_first_and_in_pages(connection):
    ids = [ask(connection).id for _ in range(3)]

    page = list_activations(connection, most=2)
    rest = list_activations(connection, before=page[-1].id, most=2)

    assert [each.id for each in page] == ids[:0:-1]
    assert rest[0].id == ids[0]


def test_activations_are_listed_by_state(connection):
    blocked, _ = ask(connection).id, ask(connection)
    block(connection, blocked, reason="spam", now=NOON)

    found = list_activations(connection, state=ActivationState.BLOCKED)

    assert [each.id for each in found] == [blocked]
    assert found[0].problem == "spam"
    assert found[0].due_at is None


def test_what_was_blocked_is_tried_again_when_the_operator_says_so(connection):
    activation_id = ask(connection).id
    block(connection, activation_id, reason="spam", now=NOON)
    nothing = take(connection, now=NOON)

    retry(connection, activation_id, now=NOON)

    taken = take(connection, now=NOON)
    assert nothing is None
    assert taken
    assert (taken.activation.id, taken.activation.attempts, taken.activation.problem) == (activation_id, 1, "")


def test_what_is_in_progress_is_not_tried_twice(connection):
    activation_id = ask(connection).id
    take(connection, now=NOON)

    with pytest.raises(NotOperable):
        retry(connection, activation_id, now=NOON)


@pytest.mark.parametrize("operation", [get_activation, retry, block])
def test_what_there_is_not_is_not_found(connection, operation):
    options = {get_activation: {}, retry: {"now": NOON}, block: {"now": NOON, "reason": "spam"}}

    with pytest.raises(UnknownActivation):
        operation(connection, 2**31 - 1, **options[operation])


def test_there_is_no_maintenance_unless_begun(connection):
    assert not in_maintenance(connection)
