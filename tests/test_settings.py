from pathlib import Path

import pytest

from staffetta.errors import InvalidArgument
from staffetta.settings import InDoubtPolicy, Relay, Security, Settings, read_settings


def write_file(home: Path, text: str) -> dict[str, str]:
    (home / "staffetta.toml").write_text(text, "utf-8")
    return {"STAFFETTA_HOME": str(home)}


def test_without_file_and_environment_everything_has_its_default(tmp_path):
    settings = read_settings({"STAFFETTA_HOME": str(tmp_path / "absent")})

    assert settings == Settings(home=tmp_path / "absent")
    assert settings.database_url == f"sqlite:///{tmp_path / 'absent' / 'staffetta.db'}"
    assert settings.limited


def test_the_environment_wins_over_the_file(tmp_path):
    environment = write_file(tmp_path, 'bind = "0.0.0.0:80"\nin_doubt_window = 7\nlog = "json"\n')

    settings = read_settings({**environment, "STAFFETTA_BIND": "[::1]:8080", "STAFFETTA_LIMITS": "off"})

    assert (settings.bind, settings.in_doubt_window, settings.log) == ("[::1]:8080", 7, "json")
    assert not settings.limited


def test_numbers_lists_and_choices_are_read_from_the_environment(tmp_path):
    environment = {
        "STAFFETTA_HOME": str(tmp_path),
        "STAFFETTA_CONNECTIONS": "3",
        "STAFFETTA_IN_DOUBT": "resend",
        "STAFFETTA_OPERATOR_EMAIL": "desk@posta.example",
        "STAFFETTA_TRUSTED_PROXIES": "10.0.0.0/8, 192.0.2.1",
        "STAFFETTA_RELAYS": "smtp://one.example smtps://two.example",
    }

    settings = read_settings(environment)

    assert (settings.connections, settings.in_doubt) == (3, InDoubtPolicy.RESEND)
    assert settings.operator_email == "desk@posta.example"
    assert settings.trusted_proxies == ("10.0.0.0/8", "192.0.2.1")
    assert settings.relays == ("smtp://one.example", "smtps://two.example")


def test_an_empty_variable_is_as_good_as_none(tmp_path):
    settings = read_settings({"STAFFETTA_HOME": str(tmp_path), "STAFFETTA_BIND": ""})

    assert settings.bind == Settings().bind


def test_the_file_names_lists_as_lists(tmp_path):
    environment = write_file(tmp_path, 'relays = ["smtp://user:p@relay.example"]\n')

    assert read_settings(environment).relays == ("smtp://user:p@relay.example",)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('colour = "red"', "colour"),
        ('connections = "many"', "connections"),
        ('in_doubt = "perhaps"', "in_doubt"),
        ('relays = "smtp://relay.example"', "relays"),
        ('relays = ["http://relay.example"]', "relay"),
        ('operator_email = "Staffetta <desk@posta.example>"', "operator_email"),
        ("bind = ", "staffetta.toml"),
    ],
)
def test_a_file_with_a_mistake_is_refused_in_words(tmp_path, text, words):
    environment = write_file(tmp_path, text)

    with pytest.raises(InvalidArgument, match=words):
        read_settings(environment)


def test_a_file_in_another_encoding_is_refused_in_words(tmp_path):
    (tmp_path / "staffetta.toml").write_bytes(b'hello = "caff\xe8"')

    with pytest.raises(InvalidArgument, match=r"staffetta\.toml"):
        read_settings({"STAFFETTA_HOME": str(tmp_path)})


@pytest.mark.parametrize("value", ["x", "1.5", "-"])
def test_a_variable_with_a_mistake_is_refused(tmp_path, value):
    with pytest.raises(InvalidArgument):
        read_settings({"STAFFETTA_HOME": str(tmp_path), "STAFFETTA_IN_DOUBT_WINDOW": value})


@pytest.mark.parametrize(
    ("url", "relay"),
    [
        ("smtp://relay.example", Relay("relay.example", 25, Security.NONE)),
        ("smtp://relay.example:2525", Relay("relay.example", 2525, Security.NONE)),
        ("smtp://ada:p%40ss@relay.example", Relay("relay.example", 587, Security.STARTTLS, "ada", "p@ss")),
        ("smtps://ada:p@relay.example", Relay("relay.example", 465, Security.TLS, "ada", "p")),
        ("smtp://relay.example?security=starttls", Relay("relay.example", 25, Security.STARTTLS)),
        ("smtp://a:b@relay.example:25?security=none", Relay("relay.example", 25, Security.NONE, "a", "b")),
        ("smtp://[::1]:2525", Relay("::1", 2525, Security.NONE)),
        (" smtp://r.example?weight=3&connections=100 ", Relay("r.example", weight=3, connections=100)),
        ("smtp://r.example?rate=0.5&warmup=200", Relay("r.example", rate=0.5, warmup=200, warmup_until=50_000)),
        ("smtp://r.example?warmup=10&warmup_until=80", Relay("r.example", warmup=10, warmup_until=80)),
    ],
)
def test_a_relay_is_a_url(url, relay):
    assert Relay.parse(url) == relay


@pytest.mark.parametrize(
    "url",
    [
        "",
        "relay.example",
        "http://relay.example",
        "smtp://",
        "smtp://relay.example:port",
        "smtp://relay.example:70000",
        "smtp://[::1",
        "smtp://relay.example?security=ssl",
        "smtp://relay.example?colour=red",
        "smtp://relay.example?weight=0",
        "smtp://relay.example?weight=x",
        "smtp://relay.example?connections=0",
        "smtp://relay.example?connections=101",
        "smtp://relay.example?rate=-1",
        "smtp://relay.example?rate=nan",
        "smtp://relay.example?rate=fast",
        "smtp://relay.example?warmup=1.5",
        "smtp://relay.example?warmup=-1",
        "smtp://relay.example?warmup=200&warmup_until=100",
    ],
)
def test_what_is_no_relay_is_refused(url):
    with pytest.raises(InvalidArgument):
        Relay.parse(url)


def test_a_relay_does_not_show_its_password():
    assert "secret" not in repr(Relay.parse("smtp://ada:secret@relay.example"))


def test_an_intake_without_a_domain_is_refused(tmp_path):
    with pytest.raises(InvalidArgument, match="bounce_domain"):
        read_settings({"STAFFETTA_HOME": str(tmp_path), "STAFFETTA_BOUNCE_BIND": "127.0.0.1:2525"})


@pytest.mark.parametrize("server", ["dns.example", "192.0.2.1:0", "192.0.2.1:x"])
def test_a_dns_server_that_is_no_address_is_refused(tmp_path, server):
    with pytest.raises(InvalidArgument, match="a DNS server is written"):
        read_settings({"STAFFETTA_HOME": str(tmp_path), "STAFFETTA_DNS_SERVERS": server})
