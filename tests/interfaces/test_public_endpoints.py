"""The pages of links in mail, asked for as browsers, mail programs and scanners do, on real databases."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from html import unescape
from urllib.parse import quote

import httpx
import pytest

from campaigns import happening
from interfaces.test_pages_outline import Outline
from staffetta.accounts import AccountState, change_state, create_account
from staffetta.campaigns import PREFERENCES, UNSUBSCRIBE, record_kept
from staffetta.db import DatabaseUnavailable
from staffetta.interfaces.pages import LANDING_HEADERS, SECURITY_HEADERS, static_files
from staffetta.interfaces.public import PublicPages
from staffetta.kit.addresses import EmailAddress
from staffetta.kit.languages import Language, texts
from staffetta.kit.phones import MobileNumber
from staffetta.lists import OptoutType, Page, add_group, add_list, change_list, furnish, get_list
from staffetta.recipients import (
    Cause,
    Channel,
    Evidence,
    SignUp,
    Source,
    Status,
    get_profile,
    history,
    may_be_followed,
    subscribe,
    suppress,
)
from staffetta.tracking import PATHS, Purpose, Token, link

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
ADA = "ada@example.org"
ENGLISH = texts("staffetta.interfaces.public", Language.EN)
EVIDENCE = Evidence(source=Source.FORM)
HOSTILE = "\"'><script>alert(1)</script>{{ 7*7 }}"

SHOP = "https://shop.example/"
BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"}
PREFETCHES = (
    {"Sec-Purpose": "prefetch;prerender"},
    {"Purpose": "prefetch"},
    {"X-Purpose": "preview"},
    {"X-Moz": "prefetch"},
)


@dataclass
class Scene:
    """An account with one person on it, and what links in that person's mail do."""

    account: object
    platform: object
    client: httpx.AsyncClient
    woken: list[bool]
    recipient_id: int = 0

    def write(self, operation, *args, **kwargs):
        with self.platform.database.transaction(self.account.id) as tx:
            return operation(tx, *args, **kwargs)

    def sign_up(self, *lists: int, confirm: bool = False, **more: object) -> None:
        sign_up = SignUp(lists=lists or (1,), email=EmailAddress(ADA), confirm=confirm, host="h", **more)
        self.recipient_id = self.write(subscribe, sign_up, evidence=EVIDENCE, now=NOON).recipient_id

    def settle(self, list_id: int = 1, **settings: object) -> None:
        def change(tx):
            return change_list(tx, list_id, settings=replace(get_list(tx, list_id).settings, **settings))

        self.write(change)

    def link(self, purpose: Purpose, *lists: int) -> str:
        token = Token(self.account.id, self.recipient_id, lists or (1,))
        return link(self.platform.signer, "", purpose, token)

    @property
    def confirm_link(self) -> str:
        return self.link(Purpose.CONFIRM)

    @property
    def unsubscribe_link(self) -> str:
        return self.link(Purpose.UNSUBSCRIBE)

    @property
    def profile_link(self) -> str:
        return self.link(Purpose.PROFILE)

    def status(self, list_id: int = 1, channel: Channel = Channel.EMAIL) -> Status:
        found = self.write(get_profile, self.recipient_id).subscriptions.get((list_id, channel))
        return found.status if found else Status.NOT_REGISTERED

    def cause(self, list_id: int = 1) -> Cause | None:
        return self.write(get_profile, self.recipient_id).subscriptions[list_id, Channel.EMAIL].cause

    @property
    def fields(self) -> dict[str, str]:
        return dict(self.write(get_profile, self.recipient_id).recipient.fields)

    @property
    def groups(self) -> set[int]:
        return set(self.write(get_profile, self.recipient_id).groups)

    def proofs(self) -> list[object]:
        return self.write(history, ADA)


@pytest.fixture
async def scene(platform, account):
    woken: list[bool] = []
    ours = replace(platform, wake_sender=lambda: woken.append(True))
    transport = httpx.ASGITransport(PublicPages(ours), client=("192.0.2.7", 4711))
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{account.host}") as client:
        yield Scene(account, ours, client, woken)


def shows(
    response: httpx.Response, key: str, language: Language = Language.EN, headers: Mapping[str, str] = SECURITY_HEADERS
) -> bool:
    """Tell whether a page has the title of that key, and the headers that every page has."""
    plain = {name.lower(): value for name, value in headers.items() if name != "Content-Security-Policy"}
    assert response.headers.items() >= plain.items()
    assert response.headers["content-security-policy"].startswith("default-src 'none'")
    page = Outline(response.text)
    assert page.open == page.mistakes == []
    title = texts("staffetta.interfaces.public", language)[f"{key}_title"]
    return f"<h1>{title}</h1>" in unescape(response.text)


def form_of(response: httpx.Response) -> tuple[str, dict[str, str]]:
    """Return where the form of a page posts to, and its hidden fields."""
    page = Outline(response.text)
    (form,) = page.attributes("form")
    hidden = {each["name"]: each["value"] for each in page.attributes("input") if each["type"] == "hidden"}
    return unescape(form["action"]), hidden


# Landing pages


async def test_a_form_ends_on_its_landing_page(scene):
    for page in ("pending", "subscribed", "already", "invalid", "error"):
        response = await scene.client.get(f"/frontend/landing/{page}?list=1&lang=it")
        assert response.status_code == 200
        assert shows(response, page, Language.IT, LANDING_HEADERS)
        assert scene.account.name in response.text


async def test_a_landing_page_needs_no_list(scene):
    unnamed = await scene.client.get("/Frontend/Landing/Pending")
    unknown = await scene.client.get("/frontend/landing/pending?list=999,x&lang=xx", headers={"Accept-Language": "da"})

    assert shows(unnamed, "pending", headers=LANDING_HEADERS)
    assert shows(unknown, "pending", Language.DA, LANDING_HEADERS)


async def test_other_sites_may_frame_a_landing_page_and_their_scripts_read_it(scene):
    asked = {"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"}

    response = await scene.client.get("/frontend/landing/pending?list=1")
    permission = await scene.client.options("/Frontend/Landing/pending?list=1", headers=asked)

    assert response.headers["access-control-allow-origin"] == "*"
    assert "x-frame-options" not in response.headers
    assert "frame-ancestors" not in response.headers["content-security-policy"]
    assert (permission.status_code, permission.content) == (200, b"")
    assert permission.headers["access-control-allow-origin"] == "*"
    assert permission.headers["access-control-allow-methods"] == "GET, HEAD"
    assert permission.headers["access-control-allow-headers"] == "*"


async def test_nobody_frames_a_page_that_changes_something(scene):
    scene.sign_up()

    for path in (scene.unsubscribe_link, scene.confirm_link, "/frontend/landing/nothing"):
        response = await scene.client.get(path)
        assert response.headers["x-frame-options"] == "DENY"
        assert "frame-ancestors 'none'" in response.headers["content-security-policy"]
        assert "access-control-allow-origin" not in response.headers


async def test_a_landing_page_of_nobodys_host_tells_errors_only(scene):
    make_stranger(scene)

    error = await scene.client.get("/frontend/landing/error", headers={"Host": "nobody.example"})
    pending = await scene.client.get("/frontend/landing/pending", headers={"Host": "nobody.example"})

    assert error.status_code == 200
    assert shows(error, "error", headers=LANDING_HEADERS)
    assert pending.status_code == 404
    assert shows(pending, "not_found")


async def test_there_are_no_other_landing_pages(scene):
    for name in ("confirmed", "", "x/y"):
        response = await scene.client.get(f"/frontend/landing/{name}")
        assert response.status_code == 404
        assert shows(response, "not_found")


# Confirming


async def test_following_the_link_confirms_all_lists_of_the_request(scene):
    scene.write(add_list, "Offers", now=NOON)
    scene.sign_up(1, 2, confirm=True, ask_for=1)

    response = await scene.client.get(scene.link(Purpose.CONFIRM, 1, 2), headers={"User-Agent": "Browser\x01 5"})

    assert response.status_code == 200
    assert shows(response, "confirmed")
    assert "Offers" in response.text
    assert scene.status(1) == scene.status(2) == Status.SUBSCRIBED
    assert scene.woken
    proof = scene.proofs()[-1]
    assert (proof.source, proof.ip, proof.user_agent) == (Source.RECIPIENT, "192.0.2.7", "Browser 5")
    assert proof.wording == "confirm/1 en"


async def test_a_second_visit_shows_the_same_page(scene):
    scene.sign_up(confirm=True)

    first = await scene.client.get(scene.confirm_link)
    second = await scene.client.get(scene.confirm_link)

    assert first.text == second.text
    assert len(scene.proofs()) == 2


async def test_the_page_speaks_the_persons_language_before_the_browsers(scene):
    scene.sign_up(confirm=True, language=Language.FR)

    response = await scene.client.get(scene.confirm_link, headers={"Accept-Language": "ja"})

    assert shows(response, "confirmed", Language.FR)
    assert scene.proofs()[-1].wording == "confirm/1 fr"


@pytest.mark.parametrize(("accepted", "language"), [("es;q=0.5, pt", Language.PT), ("xx", Language.JA)])
async def test_the_page_speaks_the_browsers_language_before_the_lists(scene, accepted, language):
    scene.sign_up(confirm=True)
    scene.settle(language=Language.JA)

    response = await scene.client.get(scene.confirm_link, headers={"Accept-Language": accepted})

    assert shows(response, "confirmed", language)


async def test_a_program_that_looks_ahead_does_not_confirm(scene):
    scene.sign_up(confirm=True)

    responses = [await scene.client.get(scene.confirm_link, headers=headers) for headers in PREFETCHES]

    assert all(shows(response, "confirm") for response in responses)
    assert scene.status() == Status.PENDING
    assert not scene.woken


async def test_asking_for_the_head_of_a_page_confirms_nothing(scene):
    scene.sign_up(confirm=True)

    response = await scene.client.head(scene.confirm_link)

    assert response.status_code == 200
    assert response.content == b""
    assert int(response.headers["content-length"]) > 500
    assert scene.status() == Status.PENDING


async def test_a_list_can_ask_for_a_second_click(scene):
    scene.sign_up(confirm=True)
    scene.settle(confirm_by_button=True)

    asked = await scene.client.get(scene.confirm_link)
    before = scene.status()
    action, hidden = form_of(asked)
    confirmed = await scene.client.post(action, data=hidden)

    assert shows(asked, "confirm")
    assert before == Status.PENDING
    assert action == scene.confirm_link
    assert shows(confirmed, "confirmed")
    assert scene.status() == Status.SUBSCRIBED


async def test_a_list_can_have_a_page_of_its_own_for_confirmed_people(scene):
    scene.sign_up(confirm=True)
    scene.settle(pages={Page.CONFIRMED: "https://shop.example/grazie?è=1"}, confirm_by_button=True)

    asked = await scene.client.get(scene.confirm_link)
    confirmed = await scene.client.post(scene.confirm_link)

    assert "form-action 'self' https://shop.example;" in asked.headers["content-security-policy"]
    assert confirmed.status_code == 302
    assert confirmed.headers["location"] == "https://shop.example/grazie?%C3%A8=1"
    assert confirmed.headers["referrer-policy"] == "no-referrer"


async def test_a_page_that_is_no_web_address_is_not_gone_to(scene):
    scene.sign_up(confirm=True)
    scene.settle(pages={Page.CONFIRMED: "javascript:alert(1)"})

    assert shows(await scene.client.get(scene.confirm_link), "confirmed")


async def test_who_has_left_is_not_told_to_be_subscribed(scene):
    scene.sign_up(confirm=True)
    scene.settle(optout_type=OptoutType.ONE_CLICK)
    await scene.client.get(scene.unsubscribe_link)

    response = await scene.client.get(scene.confirm_link)

    assert shows(response, "unsubscribed")
    assert scene.status() == Status.UNSUBSCRIBED


# Unsubscribing


async def test_one_click_unsubscribes_by_opening_the_link(scene):
    scene.sign_up(mobile=MobileNumber("393331234567"))
    scene.settle(optout_type=OptoutType.ONE_CLICK)

    response = await scene.client.get(scene.unsubscribe_link)
    again = await scene.client.get(scene.unsubscribe_link)

    assert shows(response, "unsubscribed")
    assert again.text == response.text
    assert scene.status() == scene.status(channel=Channel.SMS) == Status.UNSUBSCRIBED
    assert scene.cause() == Cause.LINK
    assert scene.proofs()[-1].wording == "unsubscribe/1 en"
    assert scene.woken


@pytest.mark.parametrize("optout_type", OptoutType)
async def test_a_program_that_looks_ahead_does_not_unsubscribe(scene, optout_type):
    scene.sign_up()
    scene.settle(optout_type=optout_type)

    responses = [await scene.client.get(scene.unsubscribe_link, headers=headers) for headers in PREFETCHES]
    head = await scene.client.head(scene.unsubscribe_link)

    assert {Outline(response.text).count("form") for response in responses} == {1}
    assert {response.status_code for response in (*responses, head)} == {200}
    assert head.content == b""
    assert scene.status() == Status.SUBSCRIBED
    assert not scene.woken


async def test_a_confirmed_list_unsubscribes_by_button(scene):
    scene.sign_up()
    scene.settle(optout_type=OptoutType.CONFIRMED)

    asked = await scene.client.get(scene.unsubscribe_link)
    before = scene.status()
    action, hidden = form_of(asked)
    left = await scene.client.post(action, data=hidden)
    again = await scene.client.get(scene.unsubscribe_link)

    assert shows(asked, "unsubscribe")
    assert ADA in asked.text
    assert before == Status.SUBSCRIBED
    assert shows(left, "unsubscribed")
    assert shows(again, "unsubscribed")
    assert scene.status() == Status.UNSUBSCRIBED


async def test_a_choice_of_lists_offers_those_that_the_person_is_on(scene):
    for name in ("Offers", "Walks", "Strange"):
        scene.write(add_list, name, now=NOON)
    scene.sign_up(1, 2)
    scene.settle(optout_type=OptoutType.CHOICE_OF_LISTS, multi_optout_list="3, 2,1;77")

    asked = await scene.client.get(scene.unsubscribe_link)
    none = await scene.client.post(scene.unsubscribe_link, data={"token": "x"})
    not_offered = await scene.client.post(scene.unsubscribe_link, data={"list": ["4", "77"]})
    left = await scene.client.post(scene.unsubscribe_link, data={"list": ["2", "4"]})

    assert Outline(asked.text).fields("list") == [("1", True), ("2", False)]
    for response in (none, not_offered):
        assert 'role="alert"' in response.text
    assert shows(left, "unsubscribed")
    assert (scene.status(1), scene.status(2)) == (Status.SUBSCRIBED, Status.UNSUBSCRIBED)


@pytest.mark.parametrize(
    ("choice", "page", "statuses"),
    [
        ("this", "unsubscribed", (Status.UNSUBSCRIBED, Status.SUBSCRIBED)),
        ("all", "unsubscribed", (Status.UNSUBSCRIBED, Status.UNSUBSCRIBED)),
        ("stay", "unchanged", (Status.SUBSCRIBED, Status.SUBSCRIBED)),
        ("nonsense", "options", (Status.SUBSCRIBED, Status.SUBSCRIBED)),
        ("", "options", (Status.SUBSCRIBED, Status.SUBSCRIBED)),
    ],
)
async def test_options_do_what_the_person_chose(scene, choice, page, statuses):
    scene.write(add_list, "Offers", now=NOON)
    scene.sign_up(1, 2)
    scene.settle(optout_type=OptoutType.OPTIONS)

    asked = await scene.client.get(scene.unsubscribe_link)
    answered = await scene.client.post(scene.unsubscribe_link, data={"choice": choice})

    assert shows(asked, "options")
    assert shows(answered, page)
    assert (scene.status(1), scene.status(2)) == statuses


async def test_options_lead_to_the_profile(scene):
    scene.sign_up()
    scene.settle(optout_type=OptoutType.OPTIONS)

    answered = await scene.client.post(scene.unsubscribe_link, data={"choice": "profile"})

    assert answered.status_code == 303
    assert shows(await scene.client.get(answered.headers["location"]), "profile")


async def test_a_choice_in_the_address_alone_does_nothing(scene):
    scene.sign_up()
    scene.settle(optout_type=OptoutType.OPTIONS)

    response = await scene.client.get(f"{scene.unsubscribe_link}?choice=all&resubscribe=1&List-Unsubscribe=One-Click")

    assert shows(response, "options")
    assert scene.status() == Status.SUBSCRIBED


async def test_the_preference_centre_shows_public_lists_and_those_that_the_person_is_on(scene):
    scene.write(add_list, "Public", now=NOON)
    scene.write(add_list, "Mine", now=NOON)
    scene.write(add_list, "Secret", now=NOON)
    scene.settle(3, public=False)
    scene.settle(4, public=False)
    scene.sign_up(1, 3, groups=(2,), fields={1: "Ada", 27: "Oak"})
    scene.settle(optout_type=OptoutType.PREFERENCE_CENTRE)

    page = Outline((await scene.client.get(scene.unsubscribe_link)).text)

    assert page.fields("list") == [("1", True), ("2", False), ("3", True)]
    assert page.fields("group") == [("1", False), ("2", True), ("3", False)]
    assert page.fields("campo1") == [("Ada", False)]
    assert page.fields("campo27") == [("Oak", False)]
    assert page.fields("campo5") == []


async def test_the_preference_centre_grants_what_is_ticked(scene):
    scene.write(add_list, "Offers", now=NOON)
    scene.write(add_list, "Secret", now=NOON)
    scene.settle(3, public=False)
    group = scene.write(add_group, 2, "Shoes", now=NOON)
    scene.sign_up(1, groups=(1,), fields={1: "Ada", 2: "Byron"})
    scene.settle(optout_type=OptoutType.PREFERENCE_CENTRE)
    action, hidden = form_of(await scene.client.get(scene.unsubscribe_link))

    answer = await scene.client.post(
        action,
        data={**hidden, "list": ["2", "3", "99"], "group": [str(group.id), "99"], "campo1": " Ada M. ", "campo2": "",
              "campo40": "not shown"},
    )  # fmt: skip

    assert shows(answer, "profile_saved")
    assert [scene.status(each) for each in (1, 2, 3)] == [
        Status.UNSUBSCRIBED,
        Status.SUBSCRIBED,
        Status.NOT_REGISTERED,
    ]
    assert scene.cause() == Cause.LINK
    assert scene.groups == {1, group.id}
    assert scene.fields == {"1": "Ada M."}
    assert {proof.wording for proof in scene.proofs()[1:]} == {"preferences/1 en"}
    assert len(scene.proofs()) == 3


async def test_who_left_or_did_not_confirm_comes_back_by_the_preference_centre(scene):
    scene.write(add_list, "Offers", now=NOON)
    scene.sign_up(1)
    scene.sign_up(2, confirm=True)
    scene.settle(optout_type=OptoutType.PREFERENCE_CENTRE)
    await scene.client.post(scene.unsubscribe_link, data={"List-Unsubscribe": "One-Click"})

    shown = Outline((await scene.client.get(scene.unsubscribe_link)).text)
    await scene.client.post(scene.unsubscribe_link, data={"token": "t", "list": ["1", "2"]})

    assert shown.fields("list") == [("1", False), ("2", False)]
    assert scene.status(1) == scene.status(2) == Status.SUBSCRIBED


async def test_the_preference_centre_does_not_bring_back_dead_addresses(scene):
    scene.write(add_list, "Offers", now=NOON)
    scene.sign_up(1)
    scene.write(suppress, ADA, cause=Cause.BOUNCE, evidence=EVIDENCE, now=NOON)
    scene.settle(optout_type=OptoutType.PREFERENCE_CENTRE)

    answer = await scene.client.post(scene.unsubscribe_link, data={"token": "t", "list": ["1", "2"], "campo1": "A"})

    assert shows(answer, "unsubscribed")
    assert (scene.status(1), scene.status(2)) == (Status.UNSUBSCRIBED, Status.NOT_REGISTERED)
    assert Outline(answer.text).count("form") == 0
    assert scene.fields == {"1": "A"}


async def test_everything_is_left_by_the_second_button_of_the_preference_centre(scene):
    scene.write(add_list, "Offers", now=NOON)
    scene.sign_up(1, 2)
    scene.settle(optout_type=OptoutType.PREFERENCE_CENTRE)

    answer = await scene.client.post(scene.unsubscribe_link, data={"token": "t", "list": ["1", "2"], "choice": "all"})

    assert shows(answer, "unsubscribed")
    assert scene.status(1) == scene.status(2) == Status.UNSUBSCRIBED


@pytest.mark.parametrize("purpose", [Purpose.UNSUBSCRIBE, Purpose.PROFILE])
async def test_a_form_that_did_not_come_whole_takes_nothing_away(scene, purpose):
    scene.sign_up(groups=(1,))
    scene.settle(optout_type=OptoutType.PREFERENCE_CENTRE)

    answer = await scene.client.post(scene.link(purpose))

    assert answer.status_code == 400
    assert shows(answer, "bad_request")
    assert scene.status() == Status.SUBSCRIBED
    assert scene.groups == {1}


@pytest.mark.parametrize("optout_type", OptoutType)
async def test_a_mail_programs_one_click_acts_whatever_the_list_says(scene, optout_type):
    scene.sign_up()
    scene.settle(optout_type=optout_type, pages={Page.UNSUBSCRIBED: "https://shop.example/"})
    # RFC 8058 §3.2: either kind of form.
    data, files = {"List-Unsubscribe": "One-Click"}, {"List-Unsubscribe": (None, "One-Click")}
    sent = {"data": data} if optout_type % 2 else {"files": files}

    response = await scene.client.post(scene.unsubscribe_link, **sent)

    assert response.status_code == 200
    assert shows(response, "unsubscribed")
    assert "set-cookie" not in response.headers
    assert scene.status() == Status.UNSUBSCRIBED
    assert scene.cause() == Cause.LIST_UNSUBSCRIBE
    assert scene.proofs()[-1].wording == "one-click/1 en"


async def test_a_list_can_have_a_page_of_its_own_for_those_who_left(scene):
    scene.sign_up()
    scene.settle(optout_type=OptoutType.CONFIRMED, pages={Page.UNSUBSCRIBED: "https://shop.example/ciao"})

    asked = await scene.client.get(scene.unsubscribe_link)
    left = await scene.client.post(scene.unsubscribe_link)

    assert "form-action 'self' https://shop.example;" in asked.headers["content-security-policy"]
    assert (left.status_code, left.headers["location"]) == (302, "https://shop.example/ciao")


async def test_who_left_by_mistake_comes_back_by_a_button(scene):
    scene.write(add_list, "Offers", now=NOON)
    scene.sign_up(1, 2, mobile=MobileNumber("393331234567"))
    scene.settle(optout_type=OptoutType.OPTIONS)
    left = await scene.client.post(scene.unsubscribe_link, data={"choice": "all"})

    action, hidden = form_of(left)
    back = await scene.client.post(action, data=hidden)

    assert shows(back, "confirmed")
    assert scene.status(1) == scene.status(2) == scene.status(channel=Channel.SMS) == Status.SUBSCRIBED
    assert scene.proofs()[-1].wording == "resubscribe/1 en"


async def test_the_way_back_is_closed_after_a_complaint(scene):
    scene.sign_up()
    scene.settle(optout_type=OptoutType.ONE_CLICK)
    scene.write(suppress, ADA, cause=Cause.COMPLAINT, evidence=EVIDENCE, now=NOON)

    left = await scene.client.get(scene.unsubscribe_link)
    back = await scene.client.post(f"{scene.unsubscribe_link}?resubscribe=1")

    assert Outline(left.text).count("form") == 0
    assert shows(back, "unsubscribed")
    assert scene.status() == Status.UNSUBSCRIBED


async def test_the_way_back_is_closed_to_an_address_that_died_after_leaving(scene):
    scene.sign_up()
    scene.settle(optout_type=OptoutType.ONE_CLICK)
    await scene.client.get(scene.unsubscribe_link)
    scene.write(suppress, ADA, cause=Cause.BOUNCE, evidence=EVIDENCE, now=NOON)

    back = await scene.client.post(f"{scene.unsubscribe_link}?resubscribe=1")

    assert shows(back, "unsubscribed")
    assert scene.status() == Status.UNSUBSCRIBED


# The profile


async def test_the_profile_shows_the_persons_data_and_the_lists_groups(scene):
    scene.sign_up(groups=(3,), fields={2: HOSTILE, 30: "x"})

    response = await scene.client.get(scene.profile_link)

    page = Outline(response.text)
    assert shows(response, "profile")
    assert page.fields("campo2") == [(HOSTILE, False)]
    assert page.count("script") == 0
    assert [field["name"] for field in page.attributes("input") if field["type"] == "text"] == [
        "campo1",
        "campo2",
        "campo3",
        "campo4",
        "campo30",
    ]
    assert page.fields("group") == [("1", False), ("2", False), ("3", True)]


async def test_the_profile_is_changed_and_the_status_is_not(scene):
    scene.sign_up(groups=(3,), fields={1: "Ada", 2: "Byron"}, confirm=True)
    action, hidden = form_of(await scene.client.get(scene.profile_link))

    saved = await scene.client.post(
        action, data={**hidden, "campo1": "Augusta", "campo2": "", "campo9": "no", "campoX": "y", "group": ["1", "88"]}
    )

    assert shows(saved, "profile_saved")
    assert scene.fields == {"1": "Augusta"}
    assert scene.groups == {1}
    assert scene.status() == Status.PENDING


async def test_a_form_without_a_field_leaves_it_as_it_is(scene):
    scene.sign_up(fields={1: "Ada", 2: "Byron"})

    await scene.client.post(scene.profile_link, data={"token": "t", "campo2": "Lovelace"})

    assert scene.fields == {"1": "Ada", "2": "Lovelace"}


# Walls


def make_stranger(scene: Scene) -> int:
    """Make another account with a person of the same address, and return the account's id."""
    with scene.platform.database.connection() as connection:
        other = create_account(
            connection,
            account_id=None,
            name="Stranger",
            hosts=(f"stranger-of-{scene.account.host}",),
            password=None,
            now=NOON,
        )
        furnish(connection.for_account(other.id), other, now=NOON)
        sign_up = SignUp(lists=(1,), email=EmailAddress(ADA), confirm=False, host="h")
        subscribe(connection.for_account(other.id), sign_up, evidence=EVIDENCE, now=NOON)
    return other.id


async def test_a_link_works_on_every_host_and_for_its_own_account_only(scene):
    scene.sign_up()
    scene.settle(optout_type=OptoutType.ONE_CLICK)
    other = make_stranger(scene)

    response = await scene.client.get(scene.unsubscribe_link, headers={"Host": f"stranger-of-{scene.account.host}"})

    assert shows(response, "unsubscribed")
    assert scene.status() == Status.UNSUBSCRIBED
    with scene.platform.database.transaction(other) as tx:
        theirs = get_profile(tx, history(tx, ADA)[0].recipient_id).subscriptions
    assert {each.status for each in theirs.values()} == {Status.SUBSCRIBED}


@pytest.mark.parametrize("path", ["/c/", "/u/", "/p/"])
async def test_a_token_that_is_none_of_ours_is_refused(scene, path):
    tokens = ("", "x", "AAAA" * 700, "é" * 10, "%00", "-._~", HOSTILE.replace("/", ""))

    for token in tokens:
        for method in ("GET", "POST"):
            response = await scene.client.request(method, path + quote(token))
            assert response.status_code == 404
            assert shows(response, "link_invalid")
            assert Outline(response.text).count("script") == 0


async def test_a_token_does_nothing_at_another_page(scene):
    scene.sign_up()
    token = scene.profile_link.removeprefix("/p/")

    response = await scene.client.post(f"/u/{token}", data={"List-Unsubscribe": "One-Click"})

    assert response.status_code == 404
    assert scene.status() == Status.SUBSCRIBED


async def test_a_token_with_one_octet_changed_is_refused(scene):
    scene.sign_up()
    path = scene.unsubscribe_link
    middle = len(path) // 2
    changed = path[:middle] + ("A" if path[middle] != "A" else "B") + path[middle + 1 :]

    assert (await scene.client.get(changed)).status_code == 404


async def test_what_a_link_is_about_may_be_gone(scene):
    scene.sign_up()
    about_nobody = Token(scene.account.id, 2_000_000_000, (1,))
    about_no_list = Token(scene.account.id, scene.recipient_id, (77,))
    about_no_account = Token(2_000_000_000, 1, (1,))
    without_list = Token(scene.account.id, scene.recipient_id, ())

    for token in (about_nobody, about_no_list, about_no_account, without_list):
        for purpose in set(PATHS) - {Purpose.RESET}:  # that one leads to the console
            response = await scene.client.get(link(scene.platform.signer, "", purpose, token))
            assert response.status_code == 404
            assert shows(response, "link_invalid")


async def test_a_closed_account_shows_no_pages(scene):
    scene.sign_up()
    scene.settle(optout_type=OptoutType.ONE_CLICK)
    scene.write(change_state, AccountState.SUSPENDED)

    response = await scene.client.get(scene.unsubscribe_link)

    assert response.status_code == 404
    assert shows(response, "link_invalid")
    assert scene.status() == Status.SUBSCRIBED


# The rest of HTTP


async def test_an_unknown_path_gets_a_page_that_says_so(scene):
    paths = ("/", "/x", "/c", "/c/a/b", "/frontend/x.aspx", "/static/x.css", "/static/../app.py", "/%ff%fe", "/u")

    for path in paths:
        response = await scene.client.get(path, headers={"Accept-Language": "it"})
        assert response.status_code == 404
        assert shows(response, "not_found", Language.IT)


async def test_another_method_is_refused(scene):
    scene.sign_up()

    for method in ("PUT", "DELETE", "PATCH", "TRACE", "BREW"):
        link_answer = await scene.client.request(method, scene.unsubscribe_link)
        landing_answer = await scene.client.request(method, "/frontend/landing/error")
        assert link_answer.status_code == landing_answer.status_code == 405
        assert link_answer.headers["allow"] == "GET, HEAD, POST"
        assert landing_answer.headers["allow"] == "GET, HEAD"
    assert (await scene.client.options(scene.unsubscribe_link)).status_code == 405


async def test_a_body_that_is_too_large_is_refused(scene):
    scene.sign_up()

    response = await scene.client.post(scene.unsubscribe_link, content=b"a=" + b"x" * 1_048_576)

    assert response.status_code == 413
    assert shows(response, "too_large")


async def test_too_many_fields_are_refused(scene):
    scene.sign_up()

    response = await scene.client.post(scene.profile_link, content="&".join(f"a{n}=1" for n in range(1_001)))

    assert response.status_code == 400
    assert shows(response, "bad_request")


async def test_static_files_are_kept_by_browsers(scene):
    path, file = next(iter(static_files().items()))

    first = await scene.client.get(path)
    known = await scene.client.get(path, headers={"If-None-Match": f'"other", W/{file.etag}'})
    head = await scene.client.head(path)

    assert first.content == file.content
    assert first.headers["content-type"] == file.content_type
    assert "immutable" in first.headers["cache-control"]
    assert (known.status_code, known.content) == (304, b"")
    assert known.headers["etag"] == first.headers["etag"] == file.etag
    assert (head.status_code, head.content) == (200, b"")
    assert (await scene.client.post(path)).status_code == 405


async def break_off() -> dict[str, object]:
    return {"type": "http.disconnect"}


async def test_nobody_is_answered_who_went_away(scene):
    sent: list[object] = []
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/u/x",
        "query_string": b"",
        "headers": [(b"content-length", b"5")],
        "client": ("192.0.2.7", 1),
        "scheme": "http",
    }

    await PublicPages(scene.platform)(scope, break_off, sent.append)

    assert sent == []


class BrokenDatabase:
    """What lies outside the process has failed: a disk, or a connection."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    async def read(self, *_: object, **__: object) -> object:
        raise self._error

    read_across = cached = cached_of = write = read


@pytest.mark.parametrize(
    ("error", "status"), [(DatabaseUnavailable("disk full"), 503), (RuntimeError(f"secret {ADA}"), 500)]
)
async def test_a_fault_of_ours_is_a_page_without_details(scene, error, status, capsys):
    scene.sign_up()
    broken = replace(scene.platform, database=BrokenDatabase(error))
    transport = httpx.ASGITransport(PublicPages(broken))

    async with httpx.AsyncClient(transport=transport, base_url="http://h") as client:
        response = await client.get(scene.unsubscribe_link)

    assert response.status_code == status
    assert shows(response, "failure")
    assert "secret" not in response.text
    assert "Traceback" not in response.text
    logged = "".join(capsys.readouterr())
    assert "interface" in logged
    assert scene.unsubscribe_link not in logged
    assert ADA not in logged


async def test_groups_for_the_owners_use_are_not_shown_and_not_left(scene):
    scene.sign_up(groups=(1, 4))

    shown = await scene.client.get(scene.profile_link)
    action, hidden = form_of(shown)
    await scene.client.post(action, data={**hidden, "group": ["2", "5"]})

    assert Outline(shown.text).fields("group") == [("1", True), ("2", False), ("3", False)]
    assert scene.groups == {2, 4}


# Links of campaigns


def sent(scene, *links: str) -> int:
    """Send a message; its links name the sending."""
    message = scene.write(happening.send, *links)
    scene.write(happening.sending, message)
    return message


def counted(scene, message: int) -> dict[str, int]:
    """Count what is kept, and return the counters of a message."""
    while scene.write(record_kept, most_rows=100, now=NOON):
        pass
    return scene.write(happening.counts, message)


@pytest.mark.parametrize("optout_type", [OptoutType.ONE_CLICK, OptoutType.CONFIRMED])
async def test_who_leaves_by_a_campaign_counts_for_it_whatever_the_way(scene, optout_type):
    scene.sign_up()
    scene.settle(optout_type=optout_type)
    message = sent(scene)
    url = scene.link(Purpose.LEAVE, 1, 1)

    response = await scene.client.get(url)
    if optout_type == OptoutType.CONFIRMED:
        assert scene.write(happening.counts, message) == {}
        action, hidden = form_of(response)
        assert action == url
        response = await scene.client.post(action, data=hidden)

    assert shows(response, "unsubscribed")
    assert (scene.status(), scene.cause()) == (Status.UNSUBSCRIBED, Cause.LINK)
    assert scene.write(happening.counts, message) == {"unsubscriptions": 1}


async def test_one_click_on_the_header_of_a_campaign_leaves_at_once_and_counts(scene):
    scene.sign_up()
    scene.settle(optout_type=OptoutType.PREFERENCE_CENTRE)
    message = sent(scene)

    response = await scene.client.post(scene.link(Purpose.LEAVE, 1, 1), data={"List-Unsubscribe": "One-Click"})

    assert response.status_code == 200
    assert (scene.status(), scene.cause()) == (Status.UNSUBSCRIBED, Cause.LIST_UNSUBSCRIBE)
    assert scene.write(happening.counts, message) == {"unsubscriptions": 1}


async def test_who_leaves_in_the_preference_centre_of_a_campaign_counts_for_it(scene):
    scene.sign_up()
    scene.settle(optout_type=OptoutType.PREFERENCE_CENTRE)
    message = sent(scene)
    action, hidden = form_of(await scene.client.get(scene.link(Purpose.LEAVE, 1, 1)))

    await scene.client.post(action, data={**hidden, "choice": "all"})

    assert scene.write(happening.counts, message) == {"unsubscriptions": 1}


@pytest.mark.parametrize(("purpose", "number"), [(Purpose.LEAVE, 2), (Purpose.PREFERENCES, 3)])
async def test_who_opens_a_page_by_a_link_of_a_campaign_has_clicked_it(scene, purpose, number):
    scene.sign_up()
    scene.settle(optout_type=OptoutType.CONFIRMED)
    message = sent(scene, SHOP, UNSUBSCRIBE, PREFERENCES)

    response = await scene.client.get(scene.link(purpose, 1, 1), headers=BROWSER)
    action, hidden = form_of(response)
    await scene.client.post(action, data={**hidden, "follow": "1"}, headers=BROWSER)

    assert action == scene.link(purpose, 1, 1)
    unsubscribed = {"unsubscriptions": 1} if purpose == Purpose.LEAVE else {}
    assert counted(scene, message) == {"clickers": 1, "clicks": 1, "viewers": 1, "views": 1, **unsubscribed}
    assert scene.write(happening.links) == [(each, int(each == number), int(each == number)) for each in (1, 2, 3)]


async def test_who_leaves_by_opening_the_link_of_a_campaign_has_clicked_it_first(scene):
    scene.sign_up()
    scene.settle(optout_type=OptoutType.ONE_CLICK)
    message = sent(scene, UNSUBSCRIBE)

    await scene.client.get(scene.link(Purpose.LEAVE, 1, 1), headers=BROWSER)

    assert scene.status() == Status.UNSUBSCRIBED
    assert counted(scene, message) == {"clickers": 1, "clicks": 1, "viewers": 1, "views": 1, "unsubscriptions": 1}


@pytest.mark.parametrize("purpose", [Purpose.LEAVE, Purpose.PREFERENCES])
async def test_programs_that_open_a_page_by_a_link_of_a_campaign_are_counted_apart(scene, purpose):
    scene.sign_up()
    message = sent(scene, UNSUBSCRIBE, PREFERENCES)
    url = scene.link(purpose, 1, 1)

    await scene.client.get(url, headers={"User-Agent": "BarracudaCentral/1.0"})
    await scene.client.get(url, headers={**BROWSER, "Sec-Purpose": "prefetch"})
    await scene.client.head(url, headers=BROWSER)

    assert counted(scene, message) == {"machine_clicks": 3}
    assert scene.status() == Status.SUBSCRIBED


async def test_who_is_not_to_be_followed_opens_a_page_by_a_link_of_a_campaign_as_nobody(scene):
    scene.recipient_id = scene.write(happening.person, followed=False)
    message = sent(scene, UNSUBSCRIBE, PREFERENCES)

    await scene.client.get(scene.link(Purpose.PREFERENCES, 1, 1), headers=BROWSER)

    assert counted(scene, message) == {"untracked_clicks": 1}
    assert scene.write(happening.engaged) == []


@pytest.mark.parametrize("sending_id", [1, 99])
async def test_a_page_that_no_link_of_the_message_leads_to_is_shown_and_not_counted(scene, sending_id):
    scene.sign_up()
    message = sent(scene, SHOP)

    for purpose in (Purpose.LEAVE, Purpose.PREFERENCES):
        response = await scene.client.get(scene.link(purpose, 1, sending_id), headers=BROWSER)
        assert response.status_code == 200

    assert counted(scene, message) == {}


@pytest.mark.parametrize("numbers", [(), (1,), (1, 1, 1)])
async def test_the_link_of_a_campaign_names_a_list_and_a_sending(scene, numbers):
    scene.sign_up()
    token = Token(scene.account.id, scene.recipient_id, numbers)

    response = await scene.client.get(link(scene.platform.signer, "", Purpose.LEAVE, token))

    assert response.status_code == 404
    assert scene.status() == Status.SUBSCRIBED


@pytest.mark.parametrize("agent", ["BarracudaCentral/1.0", "Slackbot-LinkExpanding 1.0", "BingPreview/1.0b"])
async def test_scanners_confirm_nothing_and_leave_nothing(scene, agent):
    scene.sign_up()
    scene.settle(optout_type=OptoutType.ONE_CLICK)

    response = await scene.client.get(scene.unsubscribe_link, headers={"User-Agent": agent})

    assert response.status_code == 200
    assert scene.status() == Status.SUBSCRIBED


# Who may be followed


async def test_a_person_says_whether_it_may_be_recorded_what_they_open(scene):
    scene.sign_up()
    message = sent(scene)
    scene.write(lambda tx: happening.record(tx, happening.done(tx, message, scene.recipient_id)))
    page = await scene.client.get(scene.profile_link)
    action, hidden = form_of(page)
    assert 'name="follow" value="1" checked' in page.text

    await scene.client.post(action, data=hidden)

    assert scene.write(happening.time_lines) == []
    assert scene.write(happening.counts, message) == {"viewers": 1, "views": 1}
    again = await scene.client.get(scene.profile_link)
    assert 'name="follow" value="1" checked' not in again.text
    await scene.client.post(action, data={**hidden, "follow": "1"})
    assert 'name="follow" value="1" checked' in (await scene.client.get(scene.profile_link)).text


async def test_the_preference_centre_asks_as_well(scene):
    scene.sign_up()
    scene.settle(optout_type=OptoutType.PREFERENCE_CENTRE)
    page = await scene.client.get(scene.unsubscribe_link)
    action, hidden = form_of(page)
    assert 'name="follow" value="1" checked' in page.text

    await scene.client.post(action, data={**hidden, "list": "1"})

    assert not scene.write(may_be_followed, scene.recipient_id)
    assert scene.status() == Status.SUBSCRIBED


async def test_a_form_that_does_not_ask_says_nothing_about_it(scene):
    scene.sign_up()
    action, hidden = form_of(await scene.client.get(scene.profile_link))

    await scene.client.post(action, data={"token": hidden["token"]})

    assert scene.write(may_be_followed, scene.recipient_id)
