"""What people see: the pages of sign-up, confirmation, unsubscribing and caught mail in a real browser."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from scenarios.browser import CHROMIUM, Visitor, browser, site_of_somebody_else
from scenarios.process import Server, until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"there is no browser at {CHROMIUM}: apt-get install chromium"),
]

ADA = "ada.lovelace@example.com"
FORM = """<!doctype html><html lang="en"><title>A shop</title><link rel="icon" href="data:,">
<h1>Our news</h1><form method="post" action="{}/frontend/subscribe.aspx">
<input type="hidden" name="list" value="1"><label>Email <input name="email" type="email"></label>
<label>First name <input name="campo1"></label><button>Sign me up</button></form></html>"""

FRAMED = FORM.replace("<form", '<iframe name="end" title="Sign-up"></iframe><form target="end"')
FETCH = """async ([action, email]) => {
  const answer = await fetch(action, {method: "POST", body: new URLSearchParams({list: 1, email})});
  return [answer.status, answer.url];
}"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running server whose list shows who writes."""
    server = Server(tmp_path_factory.mktemp("shop"), limits="off").start()
    server.command(
        *("list", "set", 1, "name=Notizie della settimana", "company_name=Bottega Rossi S.r.l."),
        *("web_site_url=https://bottega.example/", "description=News every Friday", "multi_optout_list=1,2"),
    )
    server.command("list", "add", "Offers")
    server.command("group", "add", "Cheese", "--list", 1)
    yield server
    server.close()
    log = server.log.read_text("utf-8")
    assert "@" not in log
    assert "Traceback" not in log


@pytest.fixture
def visitor(shop: Server, tmp_path: Path) -> Iterator[Visitor]:
    """Somebody at a browser, who must not come upon faults or be led to strangers."""
    folder = Path(os.environ.get("STAFFETTA_PICTURES") or tmp_path)
    with browser() as started:
        context = started.new_context(locale="en-GB", color_scheme="light")
        visitor = Visitor(context.new_page(), folder)
        yield visitor
        context.close()
    assert visitor.faults == []
    assert {host for host in visitor.hosts if not host.startswith("localhost:")} <= {shop.bind, ""}


def _mail_to(shop: Server, email: str) -> dict[str, str]:
    mail: dict[str, str] = until(lambda: shop.caught(q=email))[0]
    return mail


def _link(mail: dict[str, str], purpose: str) -> str:
    return re.findall(rf"http\S+/{purpose}/[^\s>]+", mail["raw"].replace("=\r\n", "").replace("=\n", ""))[0]


def _unsubscribe_link_of_a_subscriber(shop: Server, email: str) -> str:
    shop.sign_up(email)
    mail = _mail_to(shop, email)
    assert shop.get(_link(mail, "c")).status_code == 200
    return _link(mail, "u")


def test_a_person_signs_up_reads_the_mail_and_confirms(shop, visitor):
    page = visitor.page
    with site_of_somebody_else(FORM.format(shop.url)) as site:
        page.goto(site)
        page.get_by_label("Email").fill(ADA)
        page.get_by_label("First name").fill("Ada")
        page.get_by_role("button").click()
        page.wait_for_url(f"{shop.url}/frontend/landing/pending**")
    assert visitor.heading == "Check your inbox"
    visitor.look("landing")
    _mail_to(shop, ADA)

    page.goto(shop.ready["mail_url"])
    visitor.look("caught")
    page.get_by_placeholder("Address or subject").fill("lovelace")
    visitor.press("Search")
    page.get_by_role("link", name=ADA).click()
    page.frame_locator("iframe").get_by_role("link").first.wait_for()
    visitor.look("mail")
    page.get_by_label("Text").check()
    assert page.locator(".view-text pre").is_visible()
    page.get_by_label("Headers").check()
    assert page.get_by_text("List-Unsubscribe-Post").is_visible()
    visitor.look("mail-headers")
    page.get_by_label("HTML").check()
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Source").click()
    assert "Message-ID: " in opened.value.locator("body").inner_text()
    with page.context.expect_page() as opened:
        page.frame_locator("iframe").get_by_role("link").first.click()
    opened.value.wait_for_load_state()
    visitor.page = opened.value

    assert visitor.heading == "Subscription confirmed"
    visitor.look("confirmed")
    assert shop.status(ADA) == "2"


def test_a_form_may_end_in_a_frame_of_its_own_site(shop, visitor):
    page = visitor.page
    with site_of_somebody_else(FRAMED.format(shop.url)) as site:
        page.goto(site)
        page.get_by_label("Email").fill("framed@example.com")
        page.get_by_role("button").click()

        page.frame_locator("iframe").get_by_role("heading", name="Check your inbox").wait_for()


def test_a_script_of_another_site_is_told_that_its_form_arrived(shop, visitor):
    with site_of_somebody_else(FORM.format(shop.url)) as site:
        visitor.page.goto(site)

        told = visitor.page.evaluate(FETCH, [f"{shop.url}/frontend/Subscribe.aspx", "script@example.com"])

    assert told == [200, f"{shop.url}/frontend/landing/pending?list=1"]


def test_one_click_leaves_at_once_and_offers_the_way_back(shop, visitor):
    shop.command("list", "set", 1, "optout_type=0")
    visitor.page.goto(_unsubscribe_link_of_a_subscriber(shop, "type0@example.com"))
    left = (visitor.heading, shop.status("type0@example.com"))
    visitor.look("type0")
    visitor.press("Subscribe again")

    assert left == ("You are unsubscribed", "3")
    assert (visitor.heading, shop.status("type0@example.com")) == ("Subscription confirmed", "2")


def test_a_button_asks_before_it_unsubscribes(shop, visitor):
    shop.command("list", "set", 1, "optout_type=1")
    visitor.page.goto(_unsubscribe_link_of_a_subscriber(shop, "type1@example.com"))
    asked = (visitor.heading, shop.status("type1@example.com"))
    visitor.look("type1")
    visitor.press("Unsubscribe")

    assert asked == ("Do you want to unsubscribe?", "2")
    assert (visitor.heading, shop.status("type1@example.com")) == ("You are unsubscribed", "3")
    visitor.look("type1-left")


def test_lists_are_chosen_one_by_one(shop, visitor):
    shop.command("list", "set", 1, "optout_type=2")
    shop.sign_up("type2@example.com", lists="2", confirm="0")
    visitor.page.goto(_unsubscribe_link_of_a_subscriber(shop, "type2@example.com"))
    visitor.page.get_by_label("Notizie della settimana").uncheck()
    visitor.press("Unsubscribe")
    told = visitor.page.get_by_role("alert").inner_text()
    visitor.look("type2-none")
    visitor.page.get_by_label("Offers").check()
    visitor.press("Unsubscribe")

    assert told.startswith("Tick at least one item")
    assert visitor.heading == "You are unsubscribed"
    guid = {each["id"]: each["guid"] for each in shop.command("list", "show")}
    assert shop.status("type2@example.com", list_id=2, guid=guid[2]) == "3"


def test_options_lead_to_the_profile_and_it_is_changed(shop, visitor):
    shop.command("list", "set", 1, "optout_type=3")
    visitor.page.goto(_unsubscribe_link_of_a_subscriber(shop, "type3@example.com"))
    visitor.look("type3")
    visitor.page.get_by_label("Change my details and interests").check()
    visitor.press("Continue")
    profile = visitor.heading
    visitor.look("profile")
    visitor.page.locator("[name=campo1]").fill("Grace <b>")
    visitor.page.get_by_label("Cheese").check()
    visitor.press("Save changes")

    assert (profile, visitor.heading) == ("Your details", "Your changes are saved")
    visitor.page.get_by_role("link", name="Change your details").click()
    assert visitor.page.locator("[name=campo1]").input_value() == "Grace <b>"
    assert visitor.page.get_by_label("Cheese").is_checked()
    assert shop.status("type3@example.com") == "2"


def test_the_preference_centre_changes_one_list_and_leaves_all(shop, visitor):
    shop.command("list", "set", 1, "optout_type=4")
    link = _unsubscribe_link_of_a_subscriber(shop, "type4@example.com")
    visitor.page.goto(link)
    lead = visitor.page.locator(".lead").inner_text()
    visitor.look("type4")
    visitor.page.get_by_label("Cheese").check()
    visitor.press("Save changes")
    saved = visitor.heading
    visitor.page.goto(link)
    kept = visitor.page.get_by_label("Cheese").is_checked()
    visitor.press("Unsubscribe from everything")

    assert lead == "Choose what type4@example.com receives from Bottega Rossi S.r.l."
    assert (saved, kept) == ("Your changes are saved", True)
    assert (visitor.heading, shop.status("type4@example.com")) == ("You are unsubscribed", "3")


def test_a_broken_link_says_so(shop, visitor):
    visitor.page.goto(f"{shop.url}/u/nonsense")
    visitor.look("broken")

    assert visitor.heading == "This link does not work"
    # The browser itself notes the 404 of the page.
    assert len(visitor.faults) == 1
    visitor.faults.clear()
