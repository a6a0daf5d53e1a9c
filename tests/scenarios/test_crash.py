"""Killed at random moments, the server loses nothing that it answered for and mails nobody twice."""

import random

import pytest

from scenarios.crashing import crash_again_and_again, say

pytestmark = pytest.mark.slow

KILLS = 20


def test_twenty_kills_lose_nothing_and_mail_nobody_twice(database_url, tmp_path):
    seed = random.randrange(10**6)

    account = crash_again_and_again(
        tmp_path / "run", database=database_url, kills=KILLS, load_seconds=(0.3, 0.8), seed=seed
    )

    say(f"seed {seed}: {account}")
    assert account.broken_promises == {}, f"seed {seed}: {account}"
    assert account.kills == KILLS
    assert account.sent > KILLS
    assert account.answered > KILLS
