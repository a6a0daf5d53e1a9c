"""`suppression`: who must not be written to, and undoing what was a mistake."""

from cli.conftest import Run


def make(staffetta: Run) -> None:
    staffetta("account", "add", "--id", 7)


def test_an_address_is_suppressed_listed_and_lifted(staffetta: Run):
    make(staffetta)

    added = staffetta("suppression", "add", "Ada@Example.org", "--reason", "asked by phone", "--json").json
    assert added == {"address": "ada@example.org", "cause": "complaint"}
    (listed,) = staffetta("suppression", "list", "--json").json
    assert (listed["address"], listed["cause"]) == ("ada@example.org", "complaint")
    assert staffetta("suppression", "list", "--cause", "bounce", "--json").json == []

    lifted = staffetta("suppression", "lift", "ada@example.org", "--reason", "a mistake", "--json").json
    assert lifted == {"address": "ada@example.org", "lists": []}
    assert "Everybody may be written to." in staffetta("suppression", "list").out


def test_what_is_not_suppressed_is_refused_and_usage_is_told(staffetta: Run):
    make(staffetta)

    done = staffetta("suppression", "lift", "ada@example.org", "--reason", "a mistake")
    assert (done.code, done.err) == (1, "error: ada@example.org is not suppressed\n")
    assert staffetta("suppression", "lift", "nobody", "--reason", "x").code == 1
    assert staffetta("suppression", "lift", "ada@example.org").code == 2
    assert staffetta("suppression", "add", "ada@example.org", "--reason", " ").code == 2
    assert staffetta("suppression", "list", "--cause", "link").code == 2
