"""`preflight`: a look at a message before it is sent."""

import msgspec
import pytest

from cli.conftest import Run
from sending.dns_answering import SILENT, answering
from staffetta.campaigns import Draft, add_message
from staffetta.db import open_database
from staffetta.settings import read_settings
from trying import NOON


@pytest.fixture
def message(shop: None, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setenv("STAFFETTA_DNS_SERVERS", "127.0.0.1:9")
    database = open_database(read_settings())
    with database.transaction(7132) as tx:
        made = add_message(tx, 1, Draft(subject="Spring", content="<p>Hello [x\x1b[31my]</p>"), now=NOON)
    database.close()
    return made.id


def test_something_red_is_an_exit_code_of_one(staffetta: Run, message):
    done = staffetta("preflight", message)

    assert done.code == 1
    assert "red    recipients" in done.out
    assert "mend that first" in done.out


def test_programs_get_one_document(staffetta: Run, message):
    done = staffetta("preflight", message, "--json")

    document = msgspec.json.decode(done.out)
    assert (document["message_id"], document["list_id"], document["blocks"]) == (message, 1, True)
    assert set(document["findings"][0]) == {"code", "level", "text", "detail"}


def test_what_only_asks_is_no_failure(staffetta: Run, message, tmp_path):
    people = tmp_path / "people.csv"
    people.write_text("email\nada@example.org\n")
    staffetta("import", people, "--list", 1)

    done = staffetta("preflight", message)

    assert done.code == 0
    assert "amber" in done.out
    assert "Nothing stands in the way" in done.out


def test_the_sender_s_domain_is_asked_for(staffetta: Run, message, monkeypatch):
    staffetta("list", "set", 1, "sender_email=news@shop-mail.com")
    with answering(
        {("shop-mail.com", "TXT"): ["v=spf1 mx", "v=spf1 a"], ("_dmarc.shop-mail.com", "TXT"): SILENT}
    ) as dns:
        monkeypatch.setenv("STAFFETTA_DNS_SERVERS", dns.address)

        done = staffetta("preflight", message)

    assert "red    spf" in done.out
    assert "shop-mail.com has 2 SPF records" in done.out
    assert "amber  dmarc" in done.out
    assert "no answer within 2 seconds" in done.out


def test_where_dns_cannot_be_asked_the_words_say_so(staffetta: Run, message):
    staffetta("list", "set", 1, "sender_email=news@shop-mail.com")

    done = staffetta("preflight", message)

    assert "amber  spf" in done.out
    assert "DNS could not be asked" in done.out


def test_another_sender_must_be_confirmed(staffetta: Run, message):
    done = staffetta("preflight", message, "--sender", "other@shop-mail.com")

    assert "Nobody has confirmed this sender" in done.out


def test_what_a_message_says_does_nothing_to_the_terminal(staffetta: Run, message):
    assert "\x1b" not in staffetta("preflight", message).out


@pytest.mark.parametrize("words", [(99,), (99, "--list", 1), (1, "--list", 99)])
def test_what_is_not_there_is_an_error_on_one_line(staffetta: Run, message, words):
    done = staffetta("preflight", *words)

    assert done.code == 1
    assert done.err.startswith("error: ")
    assert done.err.count("\n") == 1
