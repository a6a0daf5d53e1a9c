"""What the services say about themselves: OpenAPI, and pages for people."""

import re
from html.parser import HTMLParser

import jsonschema_rs
import pytest
import schemathesis

from interfaces.rest.calling import Caller, caller
from interfaces.rest.small_table import ENDPOINTS
from staffetta.accounts import Account
from staffetta.interfaces.pages import SECURITY_HEADERS, static_files
from staffetta.interfaces.platform import Platform
from staffetta.interfaces.rest import Rest
from staffetta.interfaces.rest.table import ENDPOINTS as REAL_ENDPOINTS

BASE = "/API/v1.1/Rest"
HELP = f"{BASE}/ConsoleService.svc/help"
ANONYMOUS = {"Authorization": ""}


@pytest.fixture
def small(unlimited: Platform, account: Account) -> Caller:
    """Calls of the small table."""
    return caller(unlimited, account, application=Rest(unlimited, ENDPOINTS))


class Page(HTMLParser):
    """A page's links, and what else it asks a browser for."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.links += [value for name, value in attrs if name in ("href", "src")]


@pytest.mark.parametrize("path", [f"{BASE}/openapi.json", "/api/v1/rest/OpenAPI.json/"])
async def test_the_document_is_there_for_everybody(small, path):
    answer = await small.get(path, headers=ANONYMOUS)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.json()["openapi"] == "3.1.0"


@pytest.mark.parametrize("endpoints", [ENDPOINTS, REAL_ENDPOINTS], ids=["small", "real"])
async def test_the_document_is_sound_and_names_every_endpoint(unlimited, small, endpoints):
    answer = await Caller(Rest(unlimited, endpoints), small.account, "").get(f"{BASE}/openapi.json")
    document = answer.json()

    schemathesis.openapi.from_dict(document).validate()
    operations = [operation for item in document["paths"].values() for operation in item.values()]
    assert sorted(each["operationId"] for each in operations) == sorted(endpoint.id for endpoint in endpoints)
    for schema in document["components"]["schemas"].values():
        jsonschema_rs.meta.validate({**schema, "$schema": "https://json-schema.org/draft/2020-12/schema"})


@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("Console/List/7", "/ConsoleService.svc/Console/List/{list_id}"),
        ("Console/List/7/Groups", "/ConsoleService.svc/Console/List/{list_id}/Groups"),
        ("Console/Profile", "/ConsoleService.svc/Console/Profile"),
        (f"{BASE}/MailStatisticsService.svc/Console/Array", "/MailStatisticsService.svc/Console/Array"),
    ],
)
async def test_answers_are_what_the_document_says(small, path, template):
    document = (await small.get(f"{BASE}/openapi.json")).json()
    schema = document["paths"][template]["get"]["responses"]["200"]["content"]["application/json"]["schema"]

    answer = await small.get(path)

    jsonschema_rs.validate({**schema, "components": document["components"]}, answer.json())


@pytest.mark.parametrize(
    "path", [HELP, f"{HELP}/operations", f"{HELP}/operations/T3", f"{BASE}/publicservice.svc/help"]
)
async def test_a_page_asks_for_nothing_but_our_own_styles(small, path):
    answer = await small.get(path, headers=ANONYMOUS)

    page = Page(answer.text)
    assert answer.status_code == 200
    for name, value in SECURITY_HEADERS.items():
        assert answer.headers.get_list(name) == [value]
    assert "script" not in page.tags
    assert {link for link in page.links if link.startswith("/static/")} <= set(static_files())
    assert not [link for link in page.links if not link.startswith(("/static/", f"{BASE}/", "#"))]


async def test_every_operation_has_a_page_that_the_service_leads_to(small):
    links = [link for link in Page((await small.get(HELP)).text).links if "/operations/" in link]

    pages = {link: await small.get(link, headers=ANONYMOUS) for link in links}

    own = [endpoint for endpoint in ENDPOINTS if endpoint.root == "ConsoleService.svc"]
    assert len(links) == len(own)
    for endpoint, link in zip(own, links, strict=True):
        heading = re.search("<h1>(.*)</h1>", pages[link].text)
        assert heading
        assert heading[1] == endpoint.summary.rstrip(".")


@pytest.mark.parametrize("path", [f"{HELP}/operations/T99", f"{HELP}/x", f"{BASE}/x/help", f"{BASE}/openapi.json/x"])
async def test_other_documents_are_not_found(small, path):
    answer = await small.get(path)

    assert answer.status_code == 404
    assert answer.json()["ErrorName"] == "NotFound"


async def test_a_document_is_only_read(small):
    head = await small.request("HEAD", f"{BASE}/openapi.json")
    post = await small.post(f"{BASE}/openapi.json")

    assert (head.status_code, head.content) == (200, b"")
    assert post.status_code == 404
