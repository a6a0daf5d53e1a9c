"""The form that the platform keeps for a list, opened and sent as browsers do, on real databases."""

from dataclasses import dataclass, replace
from html import unescape
from urllib.parse import urlencode

import httpx
import pytest

from interfaces.test_pages_outline import Outline
from recipients.people import ADA
from staffetta.accounts import Account, AccountState, change_state
from staffetta.app import application
from staffetta.interfaces.pages import LANDING_HEADERS
from staffetta.interfaces.platform import Platform
from staffetta.kit.languages import Language
from staffetta.lists import Page, change_list, get_list
from staffetta.recipients import Status, check_status, history
from staffetta.recipients.queries import recipient_by_email

FORM = "/frontend/forms/Subscription.aspx"


@dataclass(frozen=True)
class Scene:
    """An account, and a browser that goes where it is led."""

    account: Account
    platform: Platform
    client: httpx.AsyncClient

    def within(self, operation, *args, **kwargs):
        """Return what an operation returns for the account, committed."""
        with self.platform.database.transaction(self.account.id) as tx:
            return operation(tx, *args, **kwargs)

    @property
    def status(self) -> Status:
        """Where Ada stands."""
        return self.within(check_status, 1, ADA)

    def set_page(self, name: Page, url: str) -> None:
        """Give the list a page of its own."""
        settings = self.within(get_list, 1).settings
        self.within(change_list, 1, settings=replace(settings, pages={**settings.pages, name: url}))


@pytest.fixture
async def scene(account, unlimited):
    transport = httpx.ASGITransport(application(unlimited))
    options = {"base_url": f"http://{account.host}", "follow_redirects": True, "trust_env": False}
    async with httpx.AsyncClient(transport=transport, **options) as client:
        yield Scene(account, unlimited, client)


def inputs(answer: httpx.Response) -> tuple[str, dict[str, str]]:
    """Return where the page's form posts to, and the values that it comes with."""
    page = Outline(answer.text)
    assert page.open == page.mistakes == []
    (form,) = page.attributes("form")
    assert form["method"] == "post"
    return unescape(form["action"]), {each["name"]: each.get("value", "") for each in page.attributes("input")}


@pytest.mark.parametrize(
    "query", ["idList=1&idForm=9&guid=BB07B556-1603-46C7-8055-0A665F8A2DD9", "idlist=1", "list=1&lang=en", "IDLIST=1&x"]
)
async def test_whoever_fills_in_the_form_is_asked_to_confirm(scene, query):
    form = await scene.client.get(f"{FORM}?{query}", headers={"Accept-Language": "en"})
    action, values = inputs(form)

    done = await scene.client.post(action, data={**values, "email": ADA.text})

    assert form.status_code == 200
    assert (done.status_code, done.url.path) == (200, "/frontend/landing/pending")
    assert scene.status == Status.PENDING
    assert scene.within(recipient_by_email, ADA.text).language == Language.EN
    assert scene.within(history, ADA.text)[0].wording == "subscribe.aspx /frontend/forms/subscription.aspx"


@pytest.mark.parametrize("language", Language)
async def test_the_form_speaks_the_visitors_language(scene, language):
    answer = await scene.client.get(f"{FORM}?idList=1", headers={"Accept-Language": language.value})

    assert f'<html lang="{language.value}"' in answer.text
    assert inputs(answer)[1]["lang"] == language.value


async def test_other_sites_may_show_the_form_in_a_frame_and_its_end_may_be_theirs(scene):
    scene.set_page(Page.PENDING, "https://shop.example/thanks?x=1")
    scene.set_page(Page.INVALID, "https://shop.example/again")
    scene.set_page(Page.ALREADY, "http://old.example")

    answer = await scene.client.get(f"{FORM}?idList=1")

    policy = answer.headers.pop("content-security-policy")
    assert "form-action 'self' https://shop.example http://old.example;" in policy
    assert "frame-ancestors" not in policy
    plain = {name.lower(): value for name, value in LANDING_HEADERS.items() if name != "Content-Security-Policy"}
    assert answer.headers.items() >= plain.items()
    assert "x-frame-options" not in answer.headers


@pytest.mark.parametrize(
    ("query", "body"),
    [
        ("", {"list": "1", "Email": ADA.text, "campo1": "Ada & Co"}),
        ("idList=1&idForm=9", {"list": "1", "email": ADA.text, "campo1": "Ada & Co"}),
        ("idList=1", {"email": ADA.text, "campo1": "Ada & Co"}),
        (urlencode({"list": "1", "email": ADA.text, "campo1": "Ada & Co"}), {}),
        (urlencode({"idList": "1", "email": ADA.text, "campo1": "Ada & Co"}), {}),
    ],
)
async def test_a_form_of_another_site_that_ends_here_signs_up(scene, query, body):
    done = await scene.client.post(f"{FORM}?{query}", data=body)

    assert (done.status_code, done.url.path) == (200, "/frontend/landing/pending")
    assert scene.status == Status.PENDING
    assert scene.within(recipient_by_email, ADA.text).fields == {"1": "Ada & Co"}


async def test_a_link_with_an_address_signs_up_as_well(scene):
    done = await scene.client.get(f"{FORM}?idList=1&email={ADA.text}&confirm=false")

    assert done.url.path == "/frontend/landing/subscribed"
    assert scene.status == Status.SUBSCRIBED


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_script_of_another_site_may_follow_each_step(scene, method):
    done = await scene.client.request(
        method, f"{FORM}?list=1&email={ADA.text}", headers={"Origin": "https://a.example"}
    )

    steps = [*done.history, done]
    assert [each.status_code for each in steps] == [307 if method == "POST" else 302, 302, 200]
    assert {each.headers.get("access-control-allow-origin") for each in steps} == {"*"}


async def test_nothing_in_the_query_leads_elsewhere(scene):
    answer = await scene.client.get(
        f"{FORM}?email=x%0d%0aSet-Cookie:a=b&list=1&next=//evil.example/%22'<>", follow_redirects=False
    )

    assert answer.status_code == 302
    assert answer.headers["location"].startswith("/frontend/subscribe.aspx?email=x%0d%0aSet-Cookie:a=b&")
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("query", ["", "idList=", "idList=99", "idList=x", "idList=-1", f"idList={'9' * 5000}"])
async def test_a_form_of_no_list_is_a_page_that_says_so(scene, query):
    answer = await scene.client.get(f"{FORM}?{query}")

    assert answer.status_code == 404
    assert answer.headers["x-frame-options"] == "DENY"


async def test_a_closed_account_has_no_form(scene, database):
    with database.connection() as connection:
        change_state(connection.for_account(scene.account.id), AccountState.SUSPENDED)

    answer = await scene.client.get(f"{FORM}?idList=1")

    assert answer.status_code == 404


async def test_a_browser_may_ask_and_look_and_nothing_else(scene):
    asked = await scene.client.options(f"{FORM}?idList=1", headers={"Origin": "https://shop.example"})
    looked = await scene.client.head(f"{FORM}?idList=1")
    put = await scene.client.put(f"{FORM}?idList=1")

    assert asked.headers["access-control-allow-methods"] == "GET, HEAD, POST"
    assert (looked.status_code, looked.content) == (200, b"")
    assert put.status_code == 405
