"""What people see of the console: the first log-in and the rooms behind it, in a real browser."""

import asyncio
import os
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from interfaces.console.visitors import ADA, ANOTHER, ONE_TIME, make_applicant
from scenarios.browser import CHROMIUM, Visitor, browser
from staffetta.access import add_application, authorize, get_user
from staffetta.accounts import Account, Plan
from staffetta.app import Server
from staffetta.db import Database, open_database
from staffetta.db.upgrading import upgrade
from staffetta.interfaces.console import Console
from staffetta.interfaces.platform import Platform
from staffetta.interfaces.public import PublicPages
from staffetta.interfaces.routing import Router
from staffetta.interfaces.throttles import Throttles
from staffetta.kit.clock import utc_now
from staffetta.lists import add_list
from staffetta.outbox import mailed_since
from staffetta.settings import Settings
from staffetta.tracking import ResetToken, load_signer, reset_link

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"there is no browser at {CHROMIUM}: apt-get install chromium"),
]

# What every page must have, as those hear and use it who see little: asked of the page as the browser built it.
AUDIT = """() => {
  const faults = [];
  const name = e => (e.getAttribute('aria-label') || e.innerText || (e.labels && [...e.labels].map(l => l.innerText)
    .join(' ')) || '').trim();
  for (const e of document.querySelectorAll('a, button, input:not([type=hidden])')) {
    const box = e.getBoundingClientRect();
    if (!name(e)) faults.push('without a name: ' + e.outerHTML);
    const inText = e.tagName === 'A' && ['P', 'LI', 'DD'].includes(e.parentElement.tagName) && !e.closest('nav');
    if (!inText && !e.classList.contains('skip') && box.width && (box.height < 24 || box.width < 24))
      faults.push('too small to hit: ' + e.outerHTML);
  }
  for (const e of document.querySelectorAll('[aria-describedby], [aria-labelledby]'))
    for (const id of ['aria-describedby', 'aria-labelledby'].flatMap(n => (e.getAttribute(n) || '').split(' ')))
      if (id && !document.getElementById(id)) faults.push('nothing is called ' + id);
  const levels = [...document.querySelectorAll('h1, h2, h3')].map(e => +e.tagName[1]);
  if (levels.filter(l => l === 1).length !== 1 || levels.some((l, i) => i && l > levels[i - 1] + 1))
    faults.push('headings: ' + levels);
  if (document.querySelectorAll('main').length !== 1) faults.push('no main, or several');
  return faults;
}"""


@dataclass
class Site:
    """The console at an address of this machine, over a database of its own."""

    url: str
    database: Database
    platform: Platform
    account: Account

    @property
    def login(self) -> str:
        return f"m{self.account.id}"


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    url = f"sqlite:///{tmp_path_factory.mktemp('console')}/console.db"
    upgrade(url)
    opened = open_database(Settings(database=url))
    yield opened
    opened.close()


@pytest.fixture
def site(database: Database) -> Iterator[Site]:
    """A server with a newcomer's account on it."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        bind = f"127.0.0.1:{listener.getsockname()[1]}"
        with database.connection() as connection:
            signer = load_signer(connection, now=utc_now())
        settings = Settings(bind=bind, operator_name="Posta Blu", operator_email="help@posta-blu.example", limits="off")
        platform = Platform(settings, database, signer, Throttles(settings), wake_sender=lambda: None)
        server = Server(Router(paths={}, segments={"console": Console(platform)}, otherwise=PublicPages(platform)))
        account = make_applicant(database, plan=Plan(monthly_messages=10_000))
        thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])))
        thread.start()
        yield Site(f"http://{bind}", database, platform, account)
        server.should_exit = True
        thread.join()


@pytest.fixture(params=["light", "dark"])
def visitor(request: pytest.FixtureRequest, site: Site, tmp_path: Path) -> Iterator[Visitor]:
    """Somebody at a browser of either scheme, who must not come upon faults or be led to strangers."""
    folder = Path(os.environ.get("STAFFETTA_PICTURES") or tmp_path) / str(request.param)
    with browser() as started:
        context = started.new_context(locale="en-GB", color_scheme=request.param, java_script_enabled=True)
        visitor = Visitor(context.new_page(), folder)
        yield visitor
        context.close()
    expected = "Failed to load resource: the server responded with a status of"
    assert [each for each in visitor.faults if not each.startswith(expected)] == []
    assert visitor.hosts == {site.url.removeprefix("http://")}


def look(visitor: Visitor, name: str) -> None:
    """Look at a page as phones and desks show it, narrower than any, and as those use it who see little."""
    assert visitor.page.evaluate(AUDIT) == []
    for width in (320, 1400):
        visitor.page.set_viewport_size({"width": width, "height": 900})
        sideways = visitor.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert sideways <= 0, f"{name} is {sideways} pixels too wide at {width}"
    visitor.look(name)


def sign_in(visitor: Visitor, site: Site, password: str) -> None:
    visitor.page.goto(f"{site.url}/console")
    visitor.page.get_by_label("User name").fill(site.login)
    visitor.page.get_by_label("Password").fill(password)
    visitor.press("Sign in")


def choose(visitor: Visitor, new: str, repeat: str, button: str = "Save password") -> None:
    visitor.page.get_by_label("New password", exact=True).fill(new)
    visitor.page.get_by_label("New password again").fill(repeat)
    visitor.press(button)


def test_a_newcomer_finds_the_way_in_and_about(site: Site, visitor: Visitor) -> None:
    page = visitor.page
    page.goto(f"{site.url}/console")
    assert visitor.heading == "Sign in"
    look(visitor, "sign-in")
    sign_in(visitor, site, "wrong")
    assert "User name or password is wrong." in page.get_by_role("alert").inner_text()
    look(visitor, "sign-in-wrong")
    sign_in(visitor, site, ONE_TIME)
    assert visitor.heading == "Choose your password"
    look(visitor, "choose-password")
    choose(visitor, ANOTHER, "something else")
    assert "not the same" in page.get_by_role("alert").inner_text()
    look(visitor, "choose-password-wrong")
    choose(visitor, ANOTHER, ANOTHER)
    assert visitor.heading == "Terms of service"
    look(visitor, "terms")
    page.get_by_label("I have read").check()
    visitor.press("Accept and continue")
    assert visitor.heading == "Bosco & Figli"
    look(visitor, "home")

    page.get_by_role("link", name="Applications").click()
    look(visitor, "applications-none")
    with site.database.connection() as connection:
        for name in ("Negozio di Ada", "Newsletter for WordPress, connected by a very long name of its own"):
            new = add_application(connection, name, now=utc_now()).application
            authorize(connection, get_user(connection, site.login), new.client_id, now=utc_now())
        for number in range(3):
            add_list(connection.for_account(site.account.id), f"Notizie {number}", now=utc_now())
    page.reload()
    look(visitor, "applications")
    page.get_by_role("link", name="Revoke Negozio di Ada").click()
    look(visitor, "revoke")
    visitor.press("Revoke access")
    assert page.get_by_text("Negozio di Ada can no longer act for you.").is_visible()
    look(visitor, "revoked")
    page.get_by_role("link", name="Password").click()
    look(visitor, "password")
    page.get_by_label("Present password").fill("wrong")
    choose(visitor, f"{ANOTHER}!", f"{ANOTHER}!", "Change password")
    look(visitor, "password-wrong")
    page.get_by_role("link", name="Home").click()
    look(visitor, "home-lists")
    for language in ("Italiano", "日本語", "Français"):
        page.get_by_role("link", name=language).click()
        look(visitor, f"home-{page.locator('html').get_attribute('lang')}")
    page.get_by_role("link", name="English").click()
    visitor.press("Sign out")
    assert page.get_by_text("You are signed out.").is_visible()
    look(visitor, "signed-out")


def test_who_forgot_a_password_gets_another(site: Site, visitor: Visitor) -> None:
    page = visitor.page
    page.goto(f"{site.url}/console/sign-in")
    page.get_by_role("link", name="Forgotten your password?").click()
    look(visitor, "forgotten")
    page.get_by_label("User name").fill(site.login)
    visitor.press("Mail me a link")
    assert visitor.heading == "Look into your inbox"
    look(visitor, "forgotten-done")
    with site.database.transaction(site.account.id) as tx:
        assert len(mailed_since(tx, ADA, "password_reset", utc_now() - timedelta(hours=1))) == 1

    with site.database.connection() as connection:
        user = get_user(connection, site.login)
    token = ResetToken(user.account_id, user.login, utc_now(), user.password_changed_at)
    address = reset_link(site.platform.signer, site.url, token)
    page.goto(address)
    look(visitor, "reset")
    choose(visitor, ANOTHER, ANOTHER)
    assert page.get_by_text("Please sign in with it.").is_visible()
    page.goto(address)
    assert visitor.heading == "This link no longer works"
    look(visitor, "reset-dead")
    sign_in(visitor, site, ANOTHER)
    assert visitor.heading == "Terms of service"
    assert page.goto(f"{site.url}/console/nothing").url.endswith("/console/terms?next=%2Fconsole%2Fnothing")


def test_keys_alone_lead_in(site: Site, visitor: Visitor) -> None:
    page = visitor.page
    page.goto(f"{site.url}/console")
    page.locator("#username:focus").wait_for()
    page.keyboard.type(site.login)
    page.keyboard.press("Tab")
    page.keyboard.type(ONE_TIME)
    page.keyboard.press("Enter")
    page.locator("#new:focus").wait_for()
    page.keyboard.type(ANOTHER)
    page.keyboard.press("Tab")
    page.keyboard.type(ANOTHER)
    page.keyboard.press("Enter")
    page.wait_for_url("**/terms")
    page.get_by_label("I have read").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.wait_for_url("**/console")

    assert visitor.heading == "Bosco & Figli"
