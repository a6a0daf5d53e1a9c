"""TrialActivation and TrialActivationStatus: who may ask, in which shapes, for what, and how often."""

from base64 import b64encode, urlsafe_b64encode
from dataclasses import dataclass, replace
from itertools import count
from random import Random
from typing import Any

import httpx
import pytest
from sqlalchemy import bindparam, func, null, select, update

from provisioning.asking import asked, register
from staffetta.access import block_application
from staffetta.db import Database, Statement
from staffetta.interfaces.platform import Platform
from staffetta.interfaces.rest import Rest
from staffetta.interfaces.throttles import Throttles
from staffetta.kit.clock import utc_now
from staffetta.provisioning import ActivationState, fake_state, get_activation
from staffetta.provisioning.tables import activations

SERVICE = "http://services.example/API/v1.1/Rest/PublicService.svc/Console/"
# A process draws on where it stopped: each test has a seed of its own.
SEEDS = count(41)
COUNT = Statement(select(func.count().label("rows")).select_from(activations))
SET_STATE = Statement(
    update(activations).where(activations.c.id == bindparam("of")).values(state=bindparam("new"), due_at=null())
)


@dataclass
class Shop:
    """An application that asks for accounts."""

    platform: Platform
    client_id: str
    client_secret: str
    ip: str = "198.51.100.7"

    def __post_init__(self) -> None:
        self.rest = Rest(self.platform)

    @property
    def basic(self) -> str:
        return b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()

    async def post(self, path: str, *, authorization: str | None = None, **request: Any) -> httpx.Response:
        given = f"Basic {self.basic}" if authorization is None else authorization
        headers = {"Authorization": given, **request.pop("headers", {})}
        transport = httpx.ASGITransport(self.rest, client=(self.ip, 4711), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, trust_env=False) as client:
            sent = {name: value for name, value in headers.items() if value}
            return await client.post(SERVICE + path, headers=sent, **request)

    async def ask(self, **changed: Any) -> httpx.Response:
        return await self.post("TrialActivation", json=body(**changed))

    async def status(self, **asked_for: Any) -> httpx.Response:
        return await self.post("TrialActivationStatus", json=asked_for)

    def stored(self) -> int:
        with self.platform.database.connection() as connection:
            return int(connection.first(COUNT).rows)


def body(**changed: Any) -> dict[str, Any]:
    """Return a request that nobody has made before; None leaves a member out."""
    fresh = asked()
    ours = {
        "NameAndSurname": "Ada Rossi",
        "Company": fresh.company,
        "Email": fresh.email.text,
        "PhoneNumber": "+39 0372 24525",
        "Language": "EN",
        "IpAddress": fresh.caller_ip,
        "IsUSA": False,
        "RegisterToNewsletter": False,
    }
    return {name: value for name, value in {**ours, **changed}.items() if value is not None}


def shop_of(platform: Platform, database: Database, **application: Any) -> Shop:
    with database.connection() as connection:
        new = register(connection, **application)
    return Shop(platform, new.application.client_id, new.client_secret)


@pytest.fixture
def shop(unlimited: Platform, database: Database) -> Shop:
    return shop_of(unlimited, database)


def limited(platform: Platform, **settings: Any) -> Platform:
    """Return the platform with throttles that have counted nothing yet."""
    ours = replace(platform.settings, rest_calls_per_second=1_000, **settings)
    return replace(platform, settings=ours, throttles=Throttles(ours))


SHAPES = {
    "as documented": lambda shop: f"Basic {shop.basic}",
    "in another letter case": lambda shop: f"bAsIc   {shop.basic}",
    "without the scheme": lambda shop: shop.basic,
    "without padding": lambda shop: f"Basic {shop.basic.rstrip('=')}",
    "percent-encoded halves": lambda shop: f"Basic {encoded(shop, 'a%3Ab%2Bc%3E%3E%3F%3F')}",
    "url-safe": lambda shop: f"Basic {urlsafe_b64encode(f'{shop.client_id}:{shop.client_secret}'.encode()).decode()}",
}


def encoded(shop: Shop, secret: str) -> str:
    return b64encode(f"{shop.client_id}:{secret}".encode()).decode()


@pytest.mark.parametrize("shape", SHAPES)
async def test_credentials_are_read_in_every_shape_that_clients_send(unlimited, database, shape):
    shop = shop_of(unlimited, database, client_secret="a:b+c>>??")
    if shape == "percent-encoded halves":
        assert SHAPES[shape](shop) != SHAPES["as documented"](shop)

    answer = await shop.post("TrialActivationStatus", authorization=SHAPES[shape](shop), json={"Id": -1, "Hash": "x"})

    assert answer.status_code == 200, answer.text


async def test_credentials_may_stand_in_the_query(shop):
    query = f"?Client_ID={shop.client_id}&client_secret={shop.client_secret}"

    answer = await shop.post(f"TrialActivationStatus{query}", authorization="", json={"Id": -1, "Hash": "x"})

    assert answer.status_code == 200


@pytest.mark.parametrize("given", ["", "Basic", "Basic !", "Bearer abc", "Basic eDp5", "Basic /w==", "x" * 5_000])
async def test_other_credentials_are_401_with_a_challenge(shop, given):
    answer = await shop.post("TrialActivation", authorization=given, json=body())

    assert (answer.status_code, answer.json()["ErrorName"]) == (401, "Unauthorized")
    assert answer.headers["www-authenticate"].startswith("Basic realm=")


async def test_the_feature_is_off_unless_granted(unlimited, database):
    shop = shop_of(unlimited, database, features=())

    answers = [await shop.ask(), await shop.status(Id=-1, Hash="x")]

    assert [(each.status_code, each.json()["ErrorName"]) for each in answers] == [(403, "Forbidden")] * 2


async def test_a_blocked_application_is_403(shop, database):
    with database.connection() as connection:
        block_application(connection, shop.client_id, account_id=None, now=utc_now())

    answer = await shop.ask()

    assert (answer.status_code, answer.json()["ErrorName"]) == (403, "Forbidden")


async def test_whoever_guesses_secrets_has_to_wait_and_nobody_else(platform, database):
    shop = shop_of(limited(platform, sign_in_failures_per_login=3), database)

    guesses = [await shop.post("TrialActivation", authorization=f"Basic {encoded(shop, 'guess')}") for _ in range(4)]
    right = await shop.status(Id=-1, Hash="x")
    elsewhere = await replace(shop, ip="203.0.113.200").status(Id=-1, Hash="x")

    assert [each.status_code for each in guesses] == [401, 401, 401, 429]
    assert (right.status_code, elsewhere.status_code) == (429, 200)
    assert right.json()["ErrorName"] is None


async def test_a_request_is_kept_as_it_was_sent(shop, database):
    sent = body(Language="pt", IsUSA="1", RegisterToNewsletter="True", Referer="shop.example", UserAgent="Mo\x1bzilla")

    answer = (await shop.post("TrialActivation", json=sent)).json()

    with database.connection() as connection:
        found = get_activation(connection, answer["Id"])
    assert list(answer) == ["Hash", "Id"]
    assert (found.company, found.email, found.language) == (sent["Company"], sent["Email"], "pt")
    assert (found.is_usa, found.newsletter, found.referer, found.user_agent) == (True, True, "shop.example", "Mozilla")
    assert (found.state, found.caller_ip) == (ActivationState.CONFIRMED, sent["IpAddress"])


async def test_without_an_address_that_of_the_caller_counts(shop, database):
    elsewhere = replace(shop, ip="198.51.100.99")

    answers = [await elsewhere.ask(IpAddress=None), await elsewhere.ask(IpAddress="")]

    assert [each.status_code for each in answers] == [200, 403]
    with database.connection() as connection:
        assert get_activation(connection, answers[0].json()["Id"]).caller_ip == "198.51.100.99"


@pytest.mark.parametrize("member", ["NameAndSurname", "Company", "Email", "PhoneNumber", "Language"])
@pytest.mark.parametrize("value", [None, "", "   "])
async def test_what_is_missing_is_named(shop, member, value):
    before = shop.stored()

    answer = await shop.ask(**{member: value})

    assert (answer.status_code, answer.json()["ErrorName"]) == (400, "BadRequest")
    assert member in answer.json()["ErrorDescription"]
    assert shop.stored() == before


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("NameAndSurname", "Ada\r\nBcc: eve@example.com"),
        ("NameAndSurname", "x" * 101),
        ("NameAndSurname", {"a": 1}),
        ("Company", "Bosco\nFigli"),
        ("Company", "\u2028"),
        ("PhoneNumber", "1" * 41),
        ("Email", "not an address"),
        ("Email", "a@b"),
        ("Email", "ada@example.com\nx"),
        ("Language", "DE"),
        ("Language", "EN-us"),
        ("IpAddress", "300.1.1.1"),
        ("IpAddress", "shop.example"),
        ("IsUSA", "perhaps"),
        ("RegisterToNewsletter", 7),
    ],
)
async def test_what_is_malformed_is_named(shop, member, value):
    before = shop.stored()

    answer = await shop.ask(**{member: value})

    assert (answer.status_code, answer.json()["ErrorName"]) == (400, "BadRequest")
    assert member in answer.json()["ErrorDescription"]
    assert shop.stored() == before


async def test_a_flood_from_one_network_is_429(platform, database):
    shop = shop_of(limited(platform, activations_per_network_per_hour=2), database)
    before = shop.stored()

    answers = [await shop.ask() for _ in range(3)]
    elsewhere = await replace(shop, ip="203.0.113.201").ask()

    assert [each.status_code for each in answers] == [200, 200, 429]
    assert answers[2].json()["ErrorCode"] == "429"
    assert elsewhere.status_code == 200
    assert shop.stored() - before == 3


@pytest.mark.parametrize("ip", ["127.0.0.1", "::1", "localhost", "192.168.1.20"])
async def test_a_fake_activation_is_checked_and_not_kept(shop, ip):
    before = shop.stored()

    answer = await shop.ask(IpAddress=ip)
    wrong = await shop.ask(IpAddress=ip, Email="nobody")
    status = await shop.status(**answer.json())

    assert (answer.json()["Id"], bool(answer.json()["Hash"])) == (-1, True)
    assert wrong.status_code == 400
    assert 1 <= status.json()["Code"] <= 7
    assert shop.stored() == before


async def test_a_seed_makes_fake_states_repeatable(unlimited, database):
    seed = next(SEEDS)
    seeded = replace(unlimited, settings=replace(unlimited.settings, activation_seed=seed))
    shop = shop_of(seeded, database)

    drawn = [(await shop.status(Id=-1, Hash="x")).json()["Code"] for _ in range(20)]

    random = Random(seed)
    assert drawn == [int(fake_state(random)) for _ in range(20)]


@pytest.mark.parametrize("state", list(ActivationState))
async def test_every_code_is_told_with_its_text(shop, database, state):
    requested = (await shop.ask()).json()
    with database.connection() as connection:
        connection.run(SET_STATE, of=requested["Id"], new=state)

    answer = (await shop.status(**requested)).json()

    assert answer["Code"] == int(state)
    assert answer["Description"]


@pytest.mark.parametrize("given", [{"Hash": ""}, {"Hash": "0" * 32}, {"Id": 2**31 - 1}, {"Id": 0}, {"Id": -2}])
async def test_an_activation_that_is_not_the_shop_s_is_404(shop, given):
    requested = (await shop.ask()).json()

    answer = await shop.status(**{**requested, **given})

    assert (answer.status_code, answer.json()["ErrorName"]) == (404, "NotFound")


async def test_an_activation_of_another_application_is_404(shop, unlimited, database):
    requested = (await shop.ask()).json()

    answer = await shop_of(unlimited, database).status(**requested)

    assert answer.status_code == 404


async def test_the_document_says_that_applications_call_with_basic(shop):
    transport = httpx.ASGITransport(shop.rest)
    async with httpx.AsyncClient(transport=transport, base_url="http://services.example") as client:
        document = (await client.get("/API/v1.1/Rest/openapi.json")).json()
        page = await client.get("/API/v1.1/Rest/PublicService.svc/help")

    operation = document["paths"]["/PublicService.svc/Console/TrialActivation"]["post"]
    assert operation["security"] == [{"application": []}]
    assert document["components"]["securitySchemes"]["application"]["scheme"] == "basic"
    assert "ClientId:ClientSecret" in page.text
