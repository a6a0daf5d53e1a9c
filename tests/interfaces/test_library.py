"""What people have written and everybody may see, asked for as browsers and mail programs do, on real databases."""

from dataclasses import dataclass, replace

import httpx
import pytest

from campaigns.written import PNG, attach_text, write
from interfaces.test_pages_outline import Outline
from recipients.people import set_list
from staffetta.accounts import AccountState, change_state
from staffetta.app import application
from staffetta.campaigns import add_image, detach, remove_image, set_visibility, templates
from staffetta.interfaces.pages import STATIC_HEADERS
from staffetta.lists import add_list
from staffetta.tracking import AttachmentToken, Purpose, Token, attachment_link
from trying import NOON

HOSTILE = "<script>alert(1)</script>"
PREVIEW = "/frontend/nl_preview_window.aspx"
CATALOG = "/frontend/nl_catalog.aspx"


@dataclass
class Scene:
    """An account, and who looks at what is its."""

    account: object
    platform: object
    client: httpx.AsyncClient

    def write(self, operation, *args, **kwargs):
        with self.platform.database.transaction(self.account.id) as tx:
            return operation(tx, *args, **kwargs)

    def image(self, name="Avatar", content=PNG):
        image = self.write(add_image, 1, name=name, content=content, most_octets=1_000, now=NOON)
        return image, f"/images/{self.account.id}/{image.path}"

    def attachment(self, **file):
        message = self.write(write)
        [attached] = self.write(attach_text, message, **file)
        token = AttachmentToken(self.account.id, message.id, 1)
        return message, attachment_link(self.platform.signer, "", token, attached.name)

    def published(self, **said):
        message = self.write(write, **said)
        self.write(set_visibility, message.list_id, message.id, visible=True, now=NOON)
        return message


@pytest.fixture
async def scene(account, unlimited):
    transport = httpx.ASGITransport(application(unlimited))
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{account.host}", trust_env=False) as client:
        yield Scene(account, unlimited, client)


def directives(answer):
    return {part.split()[0]: part.split()[1:] for part in answer.headers["content-security-policy"].split(";")}


def assert_inert(answer):
    """Check that an answer runs nothing, belongs to no origin of ours and gets no cookie."""
    policy = directives(answer)
    assert policy["default-src"] == ["'none'"]
    assert "script-src" not in policy
    assert not set(policy["sandbox"]) - {"allow-popups", "allow-popups-to-escape-sandbox"}
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in answer.headers


async def test_an_image_is_kept_for_ever_by_who_has_seen_it(scene):
    _, path = scene.image()

    answer = await scene.client.get(path)
    head = await scene.client.head(path)
    again = await scene.client.get(path, headers={"If-None-Match": answer.headers["etag"]})

    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, PNG, "image/png")
    assert answer.headers["cache-control"] == STATIC_HEADERS["Cache-Control"]
    assert_inert(answer)
    assert (head.status_code, head.content) == (200, b"")
    assert (again.status_code, again.content) == (304, b"")


async def test_an_image_that_is_gone_or_of_another_account_is_not_found(scene):
    image, path = scene.image()
    paths = [
        path.replace(f"/{scene.account.id}/", f"/{scene.account.id + 1}/"),
        f"/images/{scene.account.id}/x/Avatar.png",
        f"/images/{scene.account.id}/",
        "/images/x/y",
        "/images/99999999999999999999/y",
        "/images/",
    ]
    scene.write(remove_image, image.path, lists=None)

    answers = [await scene.client.get(each) for each in [path, *paths]]

    assert {answer.status_code for answer in answers} == {404}


async def test_pictures_of_templates_are_shown(scene):
    names = [each.thumbnail_name for each in templates().values()]

    answers = [await scene.client.get(f"/templates/{name}") for name in names]
    again = await scene.client.get(f"/templates/{names[0]}", headers={"If-None-Match": f'"{names[0]}"'})
    missing = await scene.client.get("/templates/newsletter.svg")

    assert {(answer.status_code, answer.headers["content-type"]) for answer in answers} == {(200, "image/svg+xml")}
    for answer in answers:
        assert_inert(answer)
    assert (again.status_code, missing.status_code) == (304, 404)


async def test_an_attached_file_is_downloaded_and_never_shown_in_place(scene):
    _, path = scene.attachment(name='città "1".html', content=HOSTILE.encode())

    answer = await scene.client.get(path)

    assert (answer.status_code, answer.content) == (200, HOSTILE.encode())
    assert answer.headers["content-disposition"] == (
        "attachment; filename=\"citt_ _1_.html\"; filename*=UTF-8''citt%C3%A0%20%221%22.html"
    )
    assert_inert(answer)


async def test_the_address_of_an_attached_file_cannot_be_made_up(scene):
    message, path = scene.attachment()
    _, _, token, name = path.split("/")
    signer = scene.platform.signer
    numbers = Token(scene.account.id, message.id, (1,))
    others = [
        signer.sign(Purpose.UNSUBSCRIBE, numbers),
        signer.sign(Purpose.ATTACHMENT, Token(scene.account.id, message.id, ())),
        signer.sign_attachment(AttachmentToken(scene.account.id + 1, message.id, 1)),
        signer.sign_attachment(AttachmentToken(scene.account.id, message.id, 2)),
        token[:-1] + ("A" if token[-1] != "A" else "B"),
        "",
    ]

    answers = [await scene.client.get(f"/a/{each}/{name}") for each in others]
    scene.write(detach, 1, message.id, 1)
    gone = await scene.client.get(path)

    assert {answer.status_code for answer in (*answers, gone)} == {404}


async def test_a_published_message_is_read_by_everybody_and_runs_nothing(scene):
    message = scene.published(content=f"<h1>Spring</h1>{HOSTILE}")

    answer = await scene.client.get(f"{PREVIEW}?idNL={message.id}")
    shouted = await scene.client.get(f"{PREVIEW.upper()}?IDNL={message.id}")

    assert (answer.status_code, answer.text) == (200, f"<h1>Spring</h1>{HOSTILE}")
    assert shouted.text == answer.text
    assert_inert(answer)
    assert directives(answer)["frame-ancestors"] == ["'none'"]
    assert directives(answer)["form-action"] == ["'none'"]


async def test_what_is_not_published_is_not_found(scene):
    draft = scene.write(write)
    _, path = scene.image()

    answers = [
        await scene.client.get(f"{PREVIEW}{query}") for query in (f"?idNL={draft.id}", "?idNL=99", "?idNL=x", "")
    ]
    with scene.platform.database.connection() as connection:
        change_state(connection.for_account(scene.account.id), AccountState.SUSPENDED)
    closed = [await scene.client.get(each) for each in (path, CATALOG)]

    assert {answer.status_code for answer in (*answers, *closed)} == {404}


async def test_the_archive_shows_public_lists_and_what_is_published_on_each(scene):
    hidden = scene.write(add_list, "Hidden news", now=NOON)
    scene.write(set_list, hidden.id, public=False)
    scene.published(list_id=hidden.id, subject="Hidden spring")
    message = scene.published(subject=HOSTILE)
    scene.write(write, subject="Draft")

    lists, messages, none = [
        await scene.client.get(f"{CATALOG}{query}") for query in ("", "?list=1", f"?list={hidden.id}")
    ]

    pages = [Outline(answer.text) for answer in (lists, messages)]
    assert [[each["href"] for each in page.attributes("a")] for page in pages] == [
        [f"{CATALOG}?list=1"],
        [f"{PREVIEW}?idNL={message.id}"],
    ]
    assert [page.count("script") for page in pages] == [0, 0]
    assert "Draft" not in messages.text
    assert none.status_code == 404


async def test_a_host_of_nobody_has_no_library(scene, unlimited):
    transport = httpx.ASGITransport(application(replace(unlimited)))
    async with httpx.AsyncClient(transport=transport, base_url="http://nobody.example", trust_env=False) as client:
        answers = [await client.get(path) for path in (CATALOG, f"{PREVIEW}?idNL=1")]

    assert {answer.status_code for answer in answers} == {404}


@pytest.mark.parametrize("path", [PREVIEW, CATALOG, "/images/1/x/y.png", "/templates/x.svg", "/a/x/y"])
async def test_nothing_of_it_is_posted_to(scene, path):
    answer = await scene.client.post(path, data={"x": "y"})

    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
