"""Messages over REST, as far as wire cases do not show it."""

from base64 import b64encode
from dataclasses import replace

import pytest

from campaigns.written import PNG
from interfaces.rest.calling import caller

MESSAGE = {"Subject": "Spring", "Content": "<p>Hello</p>"}


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (b'"my tag"', "my tag"),
        (b"my tag", "my tag"),
        (b'"caf\\u00e9"', "café"),
        ("caffè".encode(), "caffè"),
        (b"caff\xe8", "caffè"),
        (b"a=b&c", "a=b&c"),
        (b'"half', '"half'),
        (b"12", "12"),
        (b"<string>my tag</string>", "my tag"),
    ],
)
async def test_a_tag_is_made_of_any_text(rest, body, name):
    """M17: py sends it without quotes."""
    answer = await rest.post("Console/List/1/Tag", content=body)

    assert answer.json() == {"Enabled": True, "Id": 1, "Name": name}


@pytest.mark.parametrize("body", [b"", b"null", b'{"Name":"x"}', b"[1]", b"<a"])
async def test_what_is_no_text_makes_no_tag(rest, body):
    answer = await rest.post("Console/List/1/Tag", content=body)

    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("body", "count"),
    [("true", 1), ('"True"', 1), ("1", 1), (" true ", 1), ("false", 0), ('"False"', 0), ("0", 0), ("", 0), ("null", 0)],
)
async def test_visibility_is_a_bare_word_and_nothing_hides(rest, body, count):
    """M11. A client that leaves a body of `false` out can show messages; it has to be able to hide them."""
    await rest.post("Console/List/1/Email", json=MESSAGE)
    await rest.put("Console/List/1/Email/1/Online/Visibility", content=b"true")

    answer = await rest.put("Console/List/1/Email/1/Online/Visibility", content=body)

    assert (answer.status_code, answer.content) == (200, b"")
    assert (await rest.get("Console/List/1/Online/Emails")).json()["TotalElementsCount"] == count


async def test_files_are_as_large_as_the_settings_say(unlimited, account):
    small = replace(unlimited, settings=replace(unlimited.settings, attachment_octets=10, image_octets=len(PNG)))
    rest = caller(small, account)
    await rest.post("Console/List/1/Email", json=MESSAGE)

    def file(content):
        return {"Base64Data": b64encode(content).decode(), "Name": "x"}

    path = "Console/List/1/Email/1/Attachment/1"
    answers = [
        await rest.post(path, json=file(b"x" * 10)),
        await rest.post(path, json=file(b"x" * 11)),
        await rest.post("Console/Images", json=file(PNG)),
        await rest.post("Console/List/1/Images", json=file(PNG + b"x")),
    ]

    assert [answer.status_code for answer in answers] == [200, 400, 200, 400]


@pytest.mark.parametrize(
    "spelt", ["Q2lhbw==", "Q2lhbw", "Q2lh\r\nbw==\n", " Q2lhbw = =", "data:text/plain;charset=utf-8;base64,Q2lhbw=="]
)
async def test_base64_is_read_as_clients_break_it(rest, spelt):
    await rest.post("Console/List/1/Email", json=MESSAGE)

    [attached] = (
        await rest.post("Console/List/1/Email/1/Attachment/1", json={"Base64Data": spelt, "Name": "x.txt"})
    ).json()

    assert (attached["Name"], attached["Slot"]) == ("1/x.txt", 1)


async def test_a_large_message_comes_back_as_it_was_written(rest):
    content = "<p>città</p>" * 200_000

    await rest.post("Console/List/1/Email", json={**MESSAGE, "Content": content, "Structure": content})
    detail = (await rest.get("Console/List/1/Email/1")).json()

    assert detail["Content"] == detail["Structure"] == content


async def test_an_image_is_removed_by_path_as_well_as_by_address(rest):
    file = {"Base64Data": b64encode(PNG).decode(), "Name": "x"}
    url = (await rest.post("Console/List/1/Images", json=file)).json()
    path = url.removeprefix(f"http://{rest.account.host}")

    by_path = await rest.delete("Console/Images", json=path)
    again = (await rest.post("Console/List/1/Images", json=file)).json()
    by_bare_address = await rest.delete("Console/Images", content=again)
    nothing = [await rest.delete("Console/Images", content=body) for body in ("x", '"http://[x"', "", "null")]

    assert again == url
    assert (by_path.status_code, by_bare_address.status_code) == (200, 200)
    assert [answer.status_code for answer in nothing] == [404, 404, 400, 400]


async def test_more_tags_than_anybody_asks_for_are_refused(rest):
    answer = await rest.get(f"Console/List/1/Emails?tags={','.join(map(str, range(101)))}")

    assert answer.status_code == 400
