import pytest
from hypothesis import given
from hypothesis import strategies as st

from staffetta.recipients import Cause, Event, Status, next_status

NEW, WAIT, IN, OUT = Status.NOT_REGISTERED, Status.PENDING, Status.SUBSCRIBED, Status.UNSUBSCRIBED

# Contract 10.1: for each event, what becomes of somebody new, pending, subscribed, unsubscribed.
TABLE = {
    Event.SIGN_UP: (IN, IN, IN, IN),
    Event.SIGN_UP_TO_CONFIRM: (WAIT, WAIT, IN, WAIT),
    Event.CONFIRM: (NEW, IN, IN, OUT),
    Event.UNSUBSCRIBE: (NEW, OUT, OUT, OUT),
    Event.IMPORT: (IN, WAIT, IN, OUT),
    Event.IMPORT_TO_CONFIRM: (WAIT, WAIT, WAIT, OUT),
    Event.IMPORT_PENDING_AS_SUBSCRIBED: (IN, IN, IN, OUT),
    Event.IMPORT_AS_OPTOUT: (OUT, OUT, OUT, OUT),
    Event.IMPORT_FORCED: (IN, IN, IN, IN),
    Event.IMPORT_FORCED_TO_CONFIRM: (WAIT, WAIT, WAIT, WAIT),
    Event.REMOVE: (OUT, OUT, OUT, OUT),
    Event.DETACH: (NEW, NEW, NEW, NEW),
}
CELLS = [
    (event, before, after)
    for event, row in TABLE.items()
    for before, after in zip((NEW, WAIT, IN, OUT), row, strict=True)
]
FINAL = [Cause.BOUNCE, Cause.COMPLAINT]


@pytest.mark.parametrize(("event", "before", "after"), CELLS)
def test_an_event_leads_where_the_contract_says(event, before, after):
    assert next_status(before, event) == after
    assert next_status(before, event, Cause.LINK) == after


def test_the_table_has_every_event():
    assert set(TABLE) == set(Event)


@pytest.mark.parametrize("event", [event for event in Event if event != Event.DETACH])
@pytest.mark.parametrize("cause", Cause)
def test_only_bounces_and_complaints_are_final(event, cause):
    brought_back = next_status(OUT, event, cause) != OUT

    assert cause.is_final == (cause in FINAL)
    assert brought_back == (cause not in FINAL and next_status(OUT, event) != OUT)


@pytest.mark.parametrize("cause", Cause)
def test_where_somebody_stood_is_forgotten_whatever_the_cause(cause):
    after = next_status(OUT, Event.DETACH, cause)

    assert after == NEW


@given(st.lists(st.tuples(st.sampled_from(Event), st.sampled_from([*Cause, None])), max_size=30))
def test_whatever_happens_the_promises_hold(happenings):
    status, cause = NEW, None

    for event, reason in happenings:
        after = next_status(status, event, cause)
        if status == OUT and cause in FINAL and event != Event.DETACH:
            assert after == OUT
        if event == Event.CONFIRM and after != status:
            assert (status, after) == (WAIT, IN)
        if event == Event.UNSUBSCRIBE:
            assert after == (NEW if status == NEW else OUT)
        if event == Event.SIGN_UP_TO_CONFIRM:
            assert after == IN if status == IN else after in {WAIT, OUT}
        if after == NEW:
            assert status == NEW or event == Event.DETACH
        assert next_status(after, event, cause if after == OUT else None) == after, "a repeat changes nothing"
        if after != status:
            cause = reason if after == OUT else None
        status = after
