"""Keys by domain: which of them sign, and what DNS has to say of them."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as generate_ec
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from staffetta.errors import FailedPrecondition, InvalidArgument, NotFound
from staffetta.sending.dkim import Algorithm
from staffetta.sending.dkim_keys import (
    DkimKey,
    UnreadableKey,
    add_key,
    ascii_domain,
    generate,
    keys_in_use,
    keys_of,
    load_key,
    set_signs,
    txt_record,
)

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
LATER = NOON + timedelta(days=1)
ED25519 = generate(Algorithm.ED25519)
RSA = generate(Algorithm.RSA)


@pytest.fixture
def domain(account) -> str:
    """A domain of the test's own."""
    return f"d{account.id}.example"


@pytest.fixture
def connection(database, domain):
    with database.connection() as connection:
        yield connection


def selectors(connection, domain: str) -> list[str]:
    return [key.selector for key in keys_in_use(connection).get(domain, ())]


def test_a_domain_signs_with_one_key_of_each_algorithm(connection, domain):
    add_key(connection, domain, "e1", ED25519, now=NOON)
    add_key(connection, domain, "r1", RSA, now=NOON)

    assert selectors(connection, domain) == ["r1", "e1"]


def test_the_newest_key_is_the_one_in_use(connection, domain):
    add_key(connection, domain, "b", ED25519, now=NOON)
    add_key(connection, domain, "a", ED25519, now=LATER)

    assert selectors(connection, domain) == ["a"]


def test_a_key_that_does_not_sign_yet_takes_over_when_it_is_let(connection, domain):
    add_key(connection, domain, "old", ED25519, now=NOON)
    add_key(connection, domain, "new", ED25519, signs=False, now=LATER)
    before = selectors(connection, domain)

    set_signs(connection, domain, "new", signs=True)

    assert (before, selectors(connection, domain)) == (["old"], ["new"])


def test_a_retired_key_is_kept_and_signs_no_more(connection, domain):
    add_key(connection, domain, "e1", ED25519, now=NOON)

    set_signs(connection, domain, signs=False)

    assert selectors(connection, domain) == []
    assert [(key.selector, key.signs) for key in keys_of(connection, domain)] == [("e1", False)]


def test_keys_of_another_domain_are_left_alone(connection, domain):
    other = f"other-{domain}"
    add_key(connection, domain, "e1", ED25519, now=NOON)
    add_key(connection, other, "e1", ED25519, now=NOON)

    set_signs(connection, domain, signs=False)

    assert selectors(connection, other) == ["e1"]


def test_a_selector_is_used_once(connection, domain):
    add_key(connection, domain, "e1", ED25519, now=NOON)

    with pytest.raises(FailedPrecondition, match="e1"):
        add_key(connection, domain, "E1", RSA, now=LATER)


@pytest.mark.parametrize("selector", ["", "a b", "a..b", "-a", "a;b", "è", "x" * 64])
def test_a_selector_that_dns_cannot_have_is_refused(connection, domain, selector):
    with pytest.raises(InvalidArgument, match="selector"):
        add_key(connection, domain, selector, ED25519, now=NOON)


def test_a_key_that_receivers_do_not_check_is_refused(connection, domain):
    # 512 bits are more than cryptography makes; 8,192 would take a minute.
    long = generate_private_key(65537, 4224)

    with pytest.raises(InvalidArgument, match="4224 bits"):
        add_key(connection, domain, "r1", long, now=NOON)


@pytest.mark.parametrize("ask", [keys_of, lambda *words: set_signs(*words, signs=False)])
def test_what_is_not_there_is_not_found(connection, domain, ask):
    with pytest.raises(NotFound, match=r"dkim list"):
        ask(connection, domain)

    add_key(connection, domain, "e1", ED25519, now=NOON)

    with pytest.raises(NotFound, match="e2"):
        ask(connection, domain, "e2")


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("News.Example", "news.example"),
        ("news.example.", "news.example"),
        (" news.example ", "news.example"),
        ("caffè.example", "xn--caff-8oa.example"),
    ],
)
def test_a_domain_is_kept_as_dns_knows_it(text, domain):
    assert ascii_domain(text) == domain


@pytest.mark.parametrize("text", ["", "news", "a@b.example", "a b.example", "-.example", "x" * 300 + ".example"])
def test_what_is_no_domain_is_refused(text):
    with pytest.raises(InvalidArgument):
        ascii_domain(text)


def test_the_record_of_an_rsa_key_stands_in_strings_of_255_octets(connection, domain):
    record = txt_record(add_key(connection, domain, "r1", RSA, now=NOON))

    strings = re.findall('"([^"]*)"', record.zone_line)
    assert record.name == f"r1._domainkey.{domain}"
    assert record.value.startswith("v=DKIM1; k=rsa; p=MIIBIjANBgkq")
    assert (len(strings), "".join(strings)) == (2, record.value)
    assert max(map(len, strings)) <= 255


def test_the_record_of_an_ed25519_key_has_its_32_octets(connection, domain):
    record = txt_record(add_key(connection, domain, "e1", ED25519, now=NOON))

    assert re.fullmatch(r"v=DKIM1; k=ed25519; p=[A-Za-z0-9+/]{43}=", record.value)


def pem(private) -> str:
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.mark.parametrize(
    "text", ["", "-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\n", pem(generate_ec(SECP256R1()))]
)
def test_what_is_no_key_of_dkim_cannot_be_read(text):
    with pytest.raises(UnreadableKey):
        load_key(text)


def test_a_key_shows_no_secret_in_its_record(connection, domain):
    key = add_key(connection, domain, "e1", ED25519, now=NOON)

    assert isinstance(key, DkimKey)
    assert key.private_key.splitlines()[1] not in txt_record(key).zone_line
