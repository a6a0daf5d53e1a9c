"""The in-doubt window, and how many connections share it."""

from hypothesis import given
from hypothesis import strategies as st

from staffetta.sending import window
from staffetta.sending.window import Crew, Window


def test_what_is_held_can_be_claimed_again_with_the_commit_that_records_it():
    talk = Window(10)
    first = talk.reserve(0, 10)
    talk.settle(0, first, 10)

    assert talk.reserve(0, 5) == 0
    assert talk.reserve(10, 10) == 10


def test_what_was_granted_and_not_claimed_is_free_again():
    talk = Window(10)
    granted = talk.reserve(0, 8)

    talk.settle(0, granted, 3)

    assert talk.reserve(0, 10) == 7


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 20), st.floats(0, 1))))
def test_never_more_is_in_talk_than_the_window_holds(turns):
    talk, held = Window(16), [0, 0, 0, 0]
    for who, most, part in turns:
        granted = talk.reserve(held[who], most)
        claimed = int(granted * part)
        # Until the commit, what is held is in talk still; after it, what was claimed.
        assert sum(held) <= 16
        assert granted <= max(most, 0)
        talk.settle(held[who], granted, claimed)
        held[who] = claimed
        assert sum(held) + talk.free == 16


class Clock:
    """A thread that works for a part of the time."""

    def __init__(self, monkeypatch):
        self.now = self.worked = 0.0
        monkeypatch.setattr(window, "monotonic", lambda: self.now)
        monkeypatch.setattr(window, "thread_time", lambda: self.worked)

    def passes(self, crew, busy, talking=0.9):
        passed = 2 * window.LOOK_SECONDS
        self.now += passed
        self.worked += passed * busy
        crew.look(streams=True, talked=passed * talking * max(1, crew.active))


def test_a_busy_process_wants_fewer_connections_and_one_that_waits_more(monkeypatch):
    clock = Clock(monkeypatch)
    crew = Crew(4, 64)
    wanted = []

    for busy in (0.9, 0.9, 0.9, 0.9, 0.6, 0.2, 0.2, 0.2):
        clock.passes(crew, busy)
        wanted.append(crew.wanted)

    assert wanted == [3, 2, 1, 1, 1, 2, 4, 4]


def test_what_was_before_the_first_takes_part_says_nothing(monkeypatch):
    clock = Clock(monkeypatch)
    crew = Crew(4, 64)
    clock.now = clock.worked = 60.0

    crew.join()
    crew.look(streams=True, talked=0)

    assert crew.wanted == 4


def test_who_takes_part_shares_what_the_relay_may_have_in_talk():
    crew = Crew(4, 64)
    batches = []

    for wanted in (4, 3, 2, 1):
        crew.wanted = wanted
        batches.append(crew.batch)

    assert batches == [16, 22, 32, 64]


def test_where_the_database_is_waited_for_batches_become_larger(monkeypatch):
    clock = Clock(monkeypatch)
    crew = Crew(4, 64)
    for _ in range(4):
        crew.join()
    wanted = []

    for talking in (0.1, 0.1, 0.4, 0.8):
        clock.passes(crew, 0.2, talking)
        wanted.append(crew.wanted)

    assert wanted == [3, 2, 2, 4]


def test_where_each_message_waits_for_its_reply_all_take_part(monkeypatch):
    clock = Clock(monkeypatch)
    crew = Crew(4, 64)
    for _ in range(3):
        clock.passes(crew, 0.9)

    crew.look(streams=False, talked=0)

    assert crew.wanted == 4


def test_no_more_leave_than_are_too_many():
    crew = Crew(3, 64)
    joined = [crew.join() for _ in range(4)]
    crew.wanted = 1

    told = [crew.gives_up_one() for _ in range(3)]
    for _ in range(2):
        crew.leave()

    assert joined == [True, True, True, False]
    assert told == [True, True, False]
    assert crew.active == 1
    assert not crew.join()
