"""Logs say where a failure happened and of what kind it was, never in whose words."""

import structlog

from staffetta.kit.logs import _exception_without_words


def test_an_exception_is_logged_without_what_it_says():
    try:
        raise ValueError("Key (email)=(ada@example.com) already exists")
    except ValueError:
        event = _exception_without_words(structlog.get_logger(), "error", {"event": "failed", "exc_info": True})

    assert event["exception"] == "ValueError"
    assert "test_logs.py" in event["at"]
    assert "ada" not in str(event)
