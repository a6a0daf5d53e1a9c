from datetime import timedelta

import pytest

from outbox.planned import NOON
from staffetta.outbox import next_try_at

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("attempts", "since_first_try", "wait"),
    [
        (1, 0 * HOUR, HOUR / 2),
        (2, HOUR / 2, HOUR),
        (3, 3 * HOUR / 2, 2 * HOUR),
        (4, 7 * HOUR / 2, 4 * HOUR),
        (5, 8 * HOUR, 4 * HOUR),
        (25, 91 * HOUR, 4 * HOUR),
        (26, 92 * HOUR, None),
        (99, 1000 * HOUR, None),
    ],
)
def test_a_delivery_is_tried_again_at_growing_distances_for_four_days(attempts, since_first_try, wait):
    now = NOON + since_first_try

    assert next_try_at(NOON, attempts, now) == (None if wait is None else now + wait)
