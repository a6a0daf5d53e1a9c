"""What mails of a campaign ask for: their picture, their links and themselves online, on real databases."""

import asyncio
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest

from campaigns.happening import EVENTS, LINK_CLICKS, counts, engaged, links, person, send, sending
from campaigns.written import write
from staffetta.accounts import AccountState, change_state
from staffetta.campaigns import delete_message, record_kept
from staffetta.db import DatabaseUnavailable
from staffetta.interfaces.public import TrackedPages
from staffetta.interfaces.public.collecting import TRACKED_VISITS, Collector
from staffetta.interfaces.public.trails import Trails
from staffetta.kit.languages import Language, texts
from staffetta.recipients import get_profile, save_fields
from staffetta.tracking import CampaignToken, Purpose, Token
from trying import NOON

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
LINK_INVALID = texts("staffetta.interfaces.public", Language.EN)["link_invalid_title"]
SHOP = "https://shop.example/spring?a=1&b=%20#top"


@dataclass
class Scene:
    """An account that has sent a message to Ada, and what her mail asks for."""

    account: Any
    platform: Any
    client: httpx.AsyncClient
    message: int = 0
    ada: int = 0

    def write(self, operation, *args, **kwargs):
        with self.platform.database.transaction(self.account.id) as tx:
            return operation(tx, *args, **kwargs)

    def send(self, *urls: str, **written: Any) -> None:
        self.message = self.write(send, *urls or (SHOP,), **written)
        self.write(sending, self.message)
        self.ada = self.write(person)

    def token(self, recipient_id: int | None = None, sending_id: int = 1) -> str:
        whose = self.ada if recipient_id is None else recipient_id
        return self.platform.signer.sign_campaign(CampaignToken(self.account.id, whose, sending_id))

    async def click(self, number: object = 1, *, recipient_id: int | None = None, **options: Any) -> httpx.Response:
        return await self.client.get(f"/k/{self.token(recipient_id)}/{number}", **options)

    async def open(self, *, recipient_id: int | None = None, **options: Any) -> httpx.Response:
        return await self.client.get(f"/o/{self.token(recipient_id)}", **options)

    def counts(self) -> dict[str, int]:
        """Count what is kept, and return the counters of the message."""
        while self.write(record_kept, most_rows=100, now=NOON):
            pass
        return self.write(counts, self.message)


@pytest.fixture
async def scene(platform, account):
    transport = httpx.ASGITransport(TrackedPages(platform), client=("192.0.2.7", 4711))
    agent = {"user-agent": FIREFOX}
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{account.host}", headers=agent) as client:
        made = Scene(account, platform, client)
        made.send(uses_fields=True)
        yield made


def leads_nowhere(response: httpx.Response) -> bool:
    assert "location" not in response.headers
    return response.status_code == 404 and LINK_INVALID in response.text


async def test_the_picture_is_one_transparent_point_that_nobody_keeps(scene):
    response = await scene.open()

    assert response.status_code == 200
    assert (len(response.content), response.content[:6]) == (43, b"GIF89a")
    assert response.headers["content-type"] == "image/gif"
    assert response.headers["content-length"] == "43"
    assert "no-store" in response.headers["cache-control"]
    assert scene.counts() == {"viewers": 1, "views": 1}
    [event] = scene.write(lambda tx: tx.all(EVENTS))
    assert (event.recipient_id, event.message_id, event.sending_id) == (scene.ada, scene.message, 1)
    assert event.ip == "192.0.2.7"


async def test_a_link_leads_to_what_is_stored_and_is_counted(scene):
    response = await scene.click()

    assert (response.status_code, response.headers["location"]) == (302, SHOP)
    assert "no-store" in response.headers["cache-control"]
    assert response.headers["referrer-policy"] == "no-referrer"
    assert scene.counts() == {"viewers": 1, "views": 1, "clickers": 1, "clicks": 1}
    assert scene.write(links) == [(1, 1, 1)]
    assert [row.recipient_id for row in scene.write(lambda tx: tx.all(LINK_CLICKS))] == [scene.ada]


async def test_letter_case_of_the_path_does_not_matter(scene):
    assert (await scene.client.get(f"/O/{scene.token()}")).status_code == 200
    assert (await scene.client.get(f"/K/{scene.token()}/1")).status_code == 302
    assert (await scene.client.get(f"/W/{scene.token()}")).status_code == 200


async def test_who_is_not_to_be_followed_gets_everything_and_is_counted_as_nobody(scene):
    assert (await scene.open(recipient_id=0)).status_code == 200
    assert (await scene.click(recipient_id=0)).headers["location"] == SHOP

    assert scene.counts() == {"untracked_views": 1, "untracked_clicks": 1}
    assert scene.write(engaged) == []


async def test_values_of_a_person_stand_in_a_link_percent_encoded(scene):
    url = "https://shop.example/[campo1]/?mail=[email]&again=%5Bemail%5D&odd=[nothing]"
    message = scene.write(send, url, uses_fields=True)
    scene.write(sending, message, 2)
    scene.write(fill, scene.ada, {1: "A/b?ö&\r\nSet-Cookie: x=1"})

    response = await scene.client.get(f"/k/{scene.token(sending_id=2)}/1")

    assert response.headers["location"] == (
        "https://shop.example/A%2Fb%3F%C3%B6%26%0D%0ASet-Cookie%3A%20x%3D1/?mail=ada%40example.org"
        "&again=ada%40example.org&odd=[nothing]"
    )
    assert "set-cookie" not in response.headers


async def test_of_who_is_not_to_be_followed_no_value_stands_in_a_link(scene):
    message = scene.write(send, "https://shop.example/?mail=[email]", uses_fields=True)
    scene.write(sending, message, 2)

    response = await scene.client.get(f"/k/{scene.token(0, sending_id=2)}/1")

    assert response.headers["location"] == "https://shop.example/?mail="


@pytest.mark.parametrize(
    ("stored", "location"),
    [
        ("http://a.example", "http://a.example"),
        ("HTTPS://a.example/ä b", "HTTPS://a.example/%C3%A4%20b"),
        ("ftp://a.example/x", "ftp://a.example/x"),
        ("news:comp.lang", "news:comp.lang"),
        ("mailto:a@b.example?subject=x", "mailto:a@b.example?subject=x"),
        ("tel:+39123", "tel:+39123"),
        ("https://a.example/\r\nSet-Cookie: x", "https://a.example/%0D%0ASet-Cookie:%20x"),
        ('https://a.example/"><script>', "https://a.example/%22%3E%3Cscript%3E"),
        ("javascript:alert(1)", None),
        (" javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("vbscript:x", None),
        ("//evil.example", None),
        ("/relative", None),
        ("Unsubscribe", None),
        ("[email]", None),
        ("", None),
    ],
)
async def test_links_lead_where_mail_may_lead_and_nowhere_else(scene, stored, location):
    message = scene.write(send, stored)
    scene.write(sending, message, 2)

    status, headers = await ask(scene, f"/k/{scene.token(sending_id=2)}/1")

    found = headers.get(b"location")
    assert (status, found) == ((404, None) if location is None else (302, location.encode()))


@pytest.mark.parametrize(
    "number", [0, 2, -1, "01", "1.0", "1%0a", "٣", "x", "", 10**30, "9" * 5_000, "1/2", "1/https://evil.example"]
)
async def test_a_number_that_is_no_link_leads_nowhere(scene, number):
    assert leads_nowhere(await scene.click(number))
    assert scene.counts() == {}


async def test_changed_and_foreign_tokens_lead_nowhere(scene):
    token = scene.token()
    others = [
        token[:-1] + ("A" if token[-1] != "A" else "B"),
        token[:-4],
        "",
        "x" * 5_000,
        "ö",
        scene.platform.signer.sign(Purpose.PROFILE, Token(scene.account.id, scene.ada, (1,))),
        scene.token(sending_id=99),
        scene.platform.signer.sign_campaign(CampaignToken(scene.account.id + 7_777, scene.ada, 1)),
    ]

    for each in others:
        for path in (f"/o/{each}", f"/k/{each}/1", f"/w/{each}"):
            assert leads_nowhere(await scene.client.get(path)), path
    assert scene.counts() == {}


@pytest.mark.parametrize("path", ["/o", "/o/", "/k", "/k/{}", "/k/{}/", "/w", "/w/{}/1", "/o/{}/1", "/o/{}/"])
async def test_a_path_that_is_not_whole_leads_nowhere(scene, path):
    assert leads_nowhere(await scene.client.get(path.format(scene.token())))
    assert scene.counts() == {}


async def test_nothing_can_be_sent_to_a_link(scene):
    response = await scene.client.post(f"/k/{scene.token()}/1", content=b"x")

    assert (response.status_code, response.headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Purpose": "prefetch;prerender"},
        {"X-Purpose": "preview"},
        {"X-Moz": "prefetch"},
        {"User-Agent": "BarracudaCentral/1.0"},
        {"User-Agent": "Mozilla/5.0"},
    ],
)
async def test_programs_are_answered_and_counted_apart(scene, headers):
    assert (await scene.open(headers=headers)).status_code == 200
    assert (await scene.click(headers=headers)).headers["location"] == SHOP

    assert scene.counts() == {"machine_views": 1, "machine_clicks": 1}
    assert scene.write(engaged) == []
    assert all(row.reason for row in scene.write(lambda tx: tx.all(EVENTS)))


async def test_who_asks_for_the_head_alone_is_a_program(scene):
    picture = await scene.client.head(f"/o/{scene.token()}")
    link = await scene.client.head(f"/k/{scene.token()}/1")
    wrong = await scene.client.head("/k/x/1")

    assert (picture.status_code, picture.content) == (200, b"")
    assert (link.status_code, link.headers["location"]) == (302, SHOP)
    assert (wrong.status_code, wrong.content) == (404, b"")
    assert scene.counts() == {"machine_views": 1, "machine_clicks": 1}


async def test_the_message_online_is_that_persons_and_can_do_nothing(scene):
    scene.write(fill, scene.ada, {1: "<b>Ada</b>"})

    response = await scene.client.get(f"/w/{scene.token()}")

    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert "Hello &lt;b&gt;Ada&lt;/b&gt;" in response.text
    assert "sandbox" in response.headers["content-security-policy"]
    assert "allow-scripts" not in response.headers["content-security-policy"]
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "no-store" in response.headers["cache-control"]
    assert scene.counts() == {"viewers": 1, "views": 1}


async def test_the_message_online_is_nobodys_for_who_is_not_to_be_followed(scene):
    response = await scene.client.get(f"/w/{scene.token(0)}")

    assert (response.status_code, "Hello " in response.text) == (200, True)
    assert scene.counts() == {"untracked_views": 1}


async def test_a_message_that_is_gone_is_not_online(scene):
    scene.write(delete_message, 1, scene.message)

    assert leads_nowhere(await scene.client.get(f"/w/{scene.token()}"))


async def test_what_is_kept_of_sendings_in_memory_has_a_bound_with_links_and_without(scene, monkeypatch):
    monkeypatch.setattr("staffetta.interfaces.public.trails.MOST_KEPT", 6)
    bare = scene.write(lambda tx: write(tx, 1).id)
    linked = scene.write(send, SHOP, f"{SHOP}2")
    for number in range(2, 12):
        scene.write(sending, bare if number < 10 else linked, number)
    trails = Trails(scene.platform.database)

    async def kept_after(*numbers: int) -> list[int]:
        for number in numbers:
            await trails.find(scene.account.id, number, 0.0)
        return [number for number in range(2, 12) if trails.peek(scene.account.id, number, 1.0)]

    assert await kept_after(*range(2, 10), 4) == [4, 5, 6, 7, 8, 9]
    assert await kept_after(10) == [4, 8, 9, 10]
    assert await kept_after(11) == [10, 11]


async def test_an_account_that_is_closed_leads_nowhere(scene):
    scene.write(change_state, AccountState.SUSPENDED)

    assert leads_nowhere(await scene.click())


async def test_many_at_once_are_all_recorded(scene):
    people = [scene.write(person, f"person{number}") for number in range(20)]

    answers = await asyncio.gather(
        *(scene.click(recipient_id=each) for each in people), *(scene.open(recipient_id=each) for each in people)
    )

    assert {each.status_code for each in answers} == {302, 200}
    assert scene.counts() == {"viewers": 20, "views": 20, "clickers": 20, "clicks": 20}


class Away:
    """A database that has gone away after what is in memory was read."""

    def __init__(self, database: Any) -> None:
        self._database = database
        self.is_away = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)

    async def write_across(self, *args: Any, **kwargs: Any) -> Any:
        if self.is_away:
            raise DatabaseUnavailable("it went away")
        return await self._database.write_across(*args, **kwargs)

    async def read(self, *args: Any, **kwargs: Any) -> Any:
        if self.is_away:
            raise DatabaseUnavailable("it went away")
        return await self._database.read(*args, **kwargs)


async def test_people_get_to_where_they_want_while_the_database_is_away(scene):
    away = Away(scene.platform.database)
    pages = TrackedPages(replace(scene.platform, database=away))
    transport = httpx.ASGITransport(pages, client=("192.0.2.7", 4711))
    lost = TRACKED_VISITS.labels("lost")._value.get()
    async with httpx.AsyncClient(transport=transport, base_url="http://x", headers={"user-agent": FIREFOX}) as client:
        await client.get(f"/o/{scene.token()}")

        away.is_away = True
        link = await client.get(f"/k/{scene.token()}/1")
        picture = await client.get(f"/o/{scene.token()}")
        unknown = await client.get(f"/k/{scene.token(sending_id=2)}/1")

    assert (link.status_code, link.headers["location"], picture.status_code) == (302, SHOP, 200)
    assert unknown.status_code == 503
    assert TRACKED_VISITS.labels("lost")._value.get() == lost + 2
    assert scene.counts() == {"viewers": 1, "views": 1}


class Hanging(Away):
    """A database whose next commit waits until it is let go."""

    def __init__(self, database: Any) -> None:
        super().__init__(database)
        self.goes_on = asyncio.Event()

    async def write_across(self, *args: Any, **kwargs: Any) -> Any:
        await self.goes_on.wait()
        return await self._database.write_across(*args, **kwargs)


@pytest.fixture
async def hanging(scene, monkeypatch):
    """The pages on a database that hangs, which nobody waits for longer than a moment; what goes to them, and it."""
    monkeypatch.setattr("staffetta.interfaces.public.collecting.PATIENCE_SECONDS", 0.05)
    database = Hanging(scene.platform.database)
    pages = TrackedPages(replace(scene.platform, database=database))
    transport = httpx.ASGITransport(pages, client=("192.0.2.7", 4711))
    async with httpx.AsyncClient(transport=transport, base_url="http://x", headers={"user-agent": FIREFOX}) as client:
        yield client, database, pages._collector
    database.goes_on.set()
    await written(pages._collector)


async def written(collector: Collector) -> None:
    async with asyncio.timeout(20):
        while collector._writing:  # noqa: ASYNC110 - it says nothing
            await asyncio.sleep(0.01)


def outcomes(before: dict[str, float] | None = None) -> dict[str, float]:
    """Return how many visits ended in which way, since `before`."""
    names = ("kept", "late", "lost")
    return {name: TRACKED_VISITS.labels(name)._value.get() - (before or {}).get(name, 0) for name in names}


async def test_nobody_waits_longer_than_a_moment_for_a_database_that_hangs(scene, hanging):
    client, database, collector = hanging
    before = outcomes()

    answers = [await client.get(f"/k/{scene.token()}/1") for _ in range(3)]

    assert [each.status_code for each in answers] == [302, 302, 302]
    assert outcomes(before) == {"kept": 0, "late": 3, "lost": 0}
    database.goes_on.set()
    await written(collector)
    assert not collector._batch.visits
    assert scene.counts() == {"viewers": 1, "views": 1, "clickers": 1, "clicks": 3}


async def test_what_comes_while_a_database_hangs_has_its_bounds(scene, hanging, monkeypatch):
    monkeypatch.setattr("staffetta.interfaces.public.collecting.MOST_LATE", 2)
    client, database, collector = hanging
    before = outcomes()

    answers = [await client.get(f"/k/{scene.token()}/1") for _ in range(6)]

    assert {each.status_code for each in answers} == {302}
    # One is being written, two wait.
    assert outcomes(before) == {"kept": 0, "late": 3, "lost": 3}
    database.goes_on.set()
    await written(collector)
    await client.get(f"/k/{scene.token()}/1")
    assert outcomes(before) == {"kept": 1, "late": 3, "lost": 3}
    assert scene.counts() == {"viewers": 1, "views": 1, "clickers": 1, "clicks": 4}


async def ask(scene: Scene, path: str) -> tuple[int, dict[bytes, bytes]]:
    """Ask as a mail program does: httpx looks at where a redirection leads, and knows few kinds of places."""
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": path, "headers": [(b"user-agent", FIREFOX.encode())]}
    await TrackedPages(scene.platform)(scope, None, send)
    return sent[0]["status"], dict(sent[0]["headers"])


def fill(tx, recipient_id: int, values: dict[int, str]) -> None:
    save_fields(tx, get_profile(tx, recipient_id).recipient, values, now=NOON)
