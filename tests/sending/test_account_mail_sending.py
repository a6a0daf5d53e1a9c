"""Mails about accounts, from the outbox to the envelope."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy

import pytest
from msgspec import structs
from sqlalchemy import select

from conftest import make_account
from staffetta.accounts import Plan, check_password, hash_password
from staffetta.db import Statement
from staffetta.kit.languages import Language
from staffetta.messages import ABOUT_ACCOUNTS, MailKind
from staffetta.outbox import NewDelivery, put, take_lease
from staffetta.outbox.tables import deliveries
from staffetta.recipients import Cause, Evidence, Source, suppress
from staffetta.sending.batches import step
from staffetta.sending.composing import Composer
from staffetta.tracking import ResetToken, load_signer, new_nonce, one_time_password, rotate_key

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
ADA = "ada@example.org"
DETAILS = {
    "language": "it",
    "name": "Ada Lovelace",
    "company": "Gazzetta S.r.l.",
    "login": "m7",
    "api_user": "a7",
    "console_url": "https://7.example.org/console/",
    "base_url": "https://7.example.org",
    "nonce": "abc",
    "expires_on": "2026-07-01",
    "days": "3",
    "issued_at": NOON.isoformat(),
    "changed_at": "2026-05-04T03:02:01.123457+00:00",
}


class House:
    """An account, and a sender that writes what is planned for it."""

    def __init__(self, database, settings, **account):
        self.database = database
        self.settings = settings
        self.account = make_account(database, **account)
        self.signer = self.load()

    def load(self):
        with self.database.connection() as connection:
            return load_signer(connection, now=NOON)

    def plan(self, kind, **details):
        new = NewDelivery(kind=kind, address=ADA, list_id=0, recipient_id=0, details={**DETAILS, **details})
        with self.database.transaction(self.account.id) as tx:
            put(tx, new, host=self.account.host, now=NOON)

    def claim(self):
        with self.database.connection() as connection:
            lease = take_lease(connection, alone=True, lasting=timedelta(minutes=1), now=NOON)
            return step(connection, (), (), lease=lease, most=100, now=NOON)

    def write(self, **settings):
        composer = Composer(replace(self.settings, **settings), self.load())
        (envelope,) = [composer.compose(work, now=NOON) for work in self.claim()]
        self.envelope = envelope
        return message_from_bytes(envelope.content, policy=policy.default)


@pytest.fixture
def house(own_database, settings):
    return House(own_database, settings)


def text_of(message):
    return message.get_body(("plain",)).get_content().replace("\r\n", "\n")


def test_the_password_in_the_mail_is_the_one_that_was_hashed_and_the_outbox_has_none(house):
    nonce = new_nonce(house.signer)
    password = one_time_password(house.signer, "m7", nonce)
    kept = hash_password(password)
    house.plan(MailKind.CREDENTIALS, nonce=nonce)

    message = house.write()

    mailed = re.search(r"^(\w{4}-){3}\w{4}$", text_of(message), re.MULTILINE)[0]
    assert check_password(kept, mailed)
    of_account = Statement(select(deliveries).where(deliveries.c.account_id == house.account.id))
    with house.database.connection() as connection:
        row = connection.first(of_account)
    assert password not in str(row)
    assert nonce in str(row)


def test_a_key_that_changes_before_the_mail_is_written_changes_no_password(house):
    nonce = new_nonce(house.signer)
    house.plan(MailKind.CREDENTIALS, nonce=nonce)
    with house.database.connection() as connection:
        rotate_key(connection, now=NOON)

    message = house.write()

    assert one_time_password(house.signer, "m7", nonce) in text_of(message)


def test_it_goes_to_the_person_and_comes_from_the_operator(house):
    house.plan(MailKind.CREDENTIALS)

    message = house.write(operator_name="Posta & Co.", operator_email="desk@posta.example")

    assert message["To"] == house.envelope.recipient == ADA
    assert str(message["From"].addresses[0]) == '"Posta & Co." <desk@posta.example>'
    assert message["Reply-To"] == house.envelope.sender == "desk@posta.example"
    assert re.fullmatch(rf"<{house.account.id}\.\S+@{house.account.host}>", message["Message-ID"])
    assert "List-Unsubscribe" not in message
    assert "List-Id" not in message


def test_an_operator_without_an_address_writes_from_the_accounts_host(house):
    house.plan(MailKind.CREDENTIALS)

    message = house.write()

    assert message["From"] == f"Staffetta <noreply@{house.account.host}>"
    assert house.envelope.sender == f"noreply@{house.account.host}"


@pytest.mark.parametrize("kind", sorted(ABOUT_ACCOUNTS))
@pytest.mark.parametrize(("code", "language"), [("JA", "ja"), ("da", "da"), ("", "es"), ("xx", "es")])
def test_it_is_written_in_the_language_of_the_person(own_database, settings, kind, code, language):
    house = House(own_database, settings, language=Language.ES)
    house.plan(kind, language=code)

    message = house.write()

    assert message["Content-Language"] == language


def test_a_link_to_choose_another_password_says_whose_and_since_when(house):
    house.plan(MailKind.PASSWORD_RESET)

    message = house.write()

    found = re.search(r"^https://7\.example\.org/console/reset\?t=([\w-]+)$", text_of(message), re.MULTILINE)
    changed_at = datetime.fromisoformat(DETAILS["changed_at"])
    assert house.signer.read_reset(found[1]) == ResetToken(house.account.id, "m7", NOON, changed_at)


@pytest.mark.parametrize("kind", sorted(ABOUT_ACCOUNTS))
@pytest.mark.parametrize("odd", ["https://7.example.org@evil.example", "https://a b/", "", "javascript:alert(1)"])
def test_a_malformed_host_is_replaced_by_the_accounts_own(house, kind, odd):
    house.plan(kind, console_url=odd, base_url=odd)

    message = house.write(public_scheme="https")

    html = message.get_body(("html",)).get_content()
    assert f'href="https://{house.account.host}/console/' in html
    assert "evil" not in html


@pytest.mark.parametrize("kind", sorted(ABOUT_ACCOUNTS))
def test_people_hear_of_their_account_whatever_they_want_of_its_lists(house, kind):
    with house.database.transaction(house.account.id) as tx:
        suppress(tx, ADA, cause=Cause.BOUNCE, evidence=Evidence(source=Source.SENDING), now=NOON)
        news = NewDelivery(kind="welcome", address=ADA, list_id=1, recipient_id=1, details={"lists": [1]})
        put(tx, news, host=house.account.host, now=NOON)
    house.plan(kind)

    work = house.claim()

    assert [each.delivery.kind for each in work] == [kind]


@pytest.mark.parametrize(
    ("name", "expected"), [("Gazzetta S.r.l.", "Gazzetta S.r.l."), ("evil.example", None), ("\u202e", None)]
)
def test_a_white_label_goes_by_the_accounts_own_name(house, name, expected):
    house.plan(MailKind.CREDENTIALS)
    white = replace(house.account, name=name, plan=Plan(white_label=True))
    composer = Composer(replace(house.settings, operator_name="Posta"), house.signer)

    (envelope,) = [composer.compose(structs.replace(work, account=white), now=NOON) for work in house.claim()]

    message = message_from_bytes(envelope.content, policy=policy.default)
    assert message["From"].addresses[0].display_name == (expected or house.account.host)
    assert "Posta" not in str(message)


def test_what_the_mail_lacks_is_an_error(house):
    house.plan(MailKind.CREDENTIALS, nonce="77.abc")

    with pytest.raises(KeyError):
        house.write()
