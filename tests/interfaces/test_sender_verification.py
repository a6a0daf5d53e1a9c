"""The mail that asks an owner to trust an address, and the page behind its link, from request to answer."""

import re
from datetime import timedelta
from email import message_from_bytes, policy

import httpx
import pytest

from conftest import make_account
from interfaces.test_pages_outline import Outline
from staffetta.accounts import AccountState, change_state
from staffetta.interfaces.pages import SECURITY_HEADERS
from staffetta.interfaces.public import PublicPages
from staffetta.kit.addresses import EmailAddress
from staffetta.kit.languages import Language, texts
from staffetta.outbox import take_lease
from staffetta.senders import SenderState, block, get_sender, trust
from staffetta.sending.batches import step
from staffetta.sending.composing import Composer
from staffetta.tracking import Purpose, SenderToken, Token, link, sender_link
from trying import NOON

JANE = EmailAddress.parse("jane@example.com")
PREFETCH = {"Sec-Purpose": "prefetch"}


class Owner:
    """Who owns an address that an account asks to send from, and what that person's browser does."""

    def __init__(self, platform, account, client):
        self.platform, self.account, self.client = platform, account, client
        with platform.database.transaction(account.id) as tx:
            self.id = trust(tx, JANE, base_url="", host=account.host, now=NOON).id
        self.link = sender_link(platform.signer, "", SenderToken(account.id, self.id))

    @property
    def state(self) -> SenderState:
        with self.platform.database.transaction(self.account.id) as tx:
            return get_sender(tx, self.id).state


@pytest.fixture
async def owner(platform, account):
    transport = httpx.ASGITransport(PublicPages(platform), client=("192.0.2.7", 4711))
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{account.host}") as client:
        yield Owner(platform, account, client)


def shows(response, key, language=Language.EN):
    page = Outline(response.text)
    assert page.open == page.mistakes == []
    assert response.headers["content-security-policy"] == SECURITY_HEADERS["Content-Security-Policy"]
    return f"<h1>{texts('staffetta.interfaces.public', language)[f'{key}_title']}</h1>" in response.text


async def test_the_link_trusts_the_address_and_a_repeat_shows_the_same(owner):
    first = await owner.client.get(owner.link)
    again = await owner.client.get(owner.link)

    assert first.status_code == again.status_code == 200
    assert shows(first, "verified")
    assert shows(again, "verified")
    assert JANE.text in first.text
    assert owner.account.name in first.text
    assert owner.state == SenderState.CONFIRMED


async def test_a_program_that_looks_ahead_changes_nothing(owner):
    looked = await owner.client.get(owner.link, headers=PREFETCH)
    peeked = await owner.client.head(owner.link)

    assert shows(looked, "verify")
    assert (peeked.status_code, peeked.content) == (200, b"")
    assert owner.state == SenderState.NOT_CONFIRMED
    page = Outline(looked.text)
    assert page.attributes("form") == [{"method": "post", "action": owner.link}]


async def test_the_button_trusts_the_address(owner):
    answer = await owner.client.post(owner.link, data={"token": "x"})

    assert shows(answer, "verified")
    assert owner.state == SenderState.CONFIRMED


async def test_the_page_speaks_the_browsers_language(owner):
    answer = await owner.client.get(owner.link, headers={"Accept-Language": "ja"})

    assert shows(answer, "verified", Language.JA)


async def test_a_disabled_address_stays_so(owner):
    with owner.platform.database.transaction(owner.account.id) as tx:
        block(tx, owner.id, now=NOON)

    answer = await owner.client.get(owner.link)

    assert answer.status_code == 404
    assert shows(answer, "link_invalid")
    assert owner.state == SenderState.BLOCKED


async def test_a_link_that_is_none_of_ours_trusts_nothing(owner):
    signer, account = owner.platform.signer, owner.account
    number = int.from_bytes(owner.id.encode(), "big")
    links = [
        owner.link[:-1],
        owner.link[:9] + ("A" if owner.link[9] != "A" else "B") + owner.link[10:],
        "/v/",
        "/v/%00",
        f"/v/{signer.sign(Purpose.CONFIRM, Token(account.id, number, ()))}",
        sender_link(signer, "", SenderToken(account.id, "x" * 16)),
        sender_link(signer, "", SenderToken(2_000_000_000, owner.id)),
        link(signer, "", Purpose.SENDER, Token(account.id, 1, ())),
    ]

    for each in links:
        answer = await owner.client.get(each)

        assert (answer.status_code, shows(answer, "link_invalid")) == (404, True)
    assert owner.state == SenderState.NOT_CONFIRMED


async def test_a_closed_account_is_trusted_by_nobody(owner):
    with owner.platform.database.transaction(owner.account.id) as tx:
        change_state(tx, AccountState.SUSPENDED)

    answer = await owner.client.get(owner.link)

    assert (answer.status_code, owner.state) == (404, SenderState.NOT_CONFIRMED)


def test_the_mail_is_written_and_its_link_is_the_page(own_database, platform, settings):
    account = make_account(own_database, language=Language.IT)
    with own_database.transaction(account.id) as tx:
        sender = trust(tx, JANE, base_url="https://news.example", host=account.host, now=NOON)
    with own_database.connection() as connection:
        lease = take_lease(connection, alone=True, lasting=timedelta(minutes=1), now=NOON)
        work = step(connection, [], [], lease=lease, most=10, now=NOON)

    assert [each.delivery.address for each in work] == [JANE.text]
    envelope = Composer(settings, platform.signer).compose(work[0], now=NOON)
    mail = message_from_bytes(envelope.content, policy=policy.default)
    text = mail.get_body(("plain",)).get_content()
    found = re.search(r"https://news\.example(/v/[\w-]+)", text)[1]
    assert mail["Subject"] == "Verifica il tuo indirizzo mittente"
    assert (mail["To"], mail["From"].addresses[0].addr_spec) == (JANE.text, f"noreply@{account.host}")
    assert account.name in text
    assert platform.signer.read_sender(found.removeprefix("/v/")) == SenderToken(account.id, sender.id)
