"""MailUpSend: messages are written, changed, cloned, listed and read."""

from base64 import b64encode
from dataclasses import replace

import pytest

from campaigns.written import write
from recipients.people import make_list
from staffetta.accounts import change_options
from staffetta.campaigns import get_message, templates
from staffetta.campaigns.writing import find_message
from staffetta.lists import get_list

PAGE = "<!DOCTYPE html><HTML><head><title>T</title></head>\n<body class='a'><p>Ciao & è</p></BODY></html>"


async def create(program, **given):
    return await program.send(
        "CreateNewsletter", **{"listID": 1, "subject": "S", "type": "HTML", "content": "x"} | given
    )


async def test_a_message_is_written_with_its_options(program, changing):
    options = {"note": "a & b", "Dyn_Fld": "true", "emb_img": "1", "link_track": "false", "other": "x"}

    made = await create(program, subject=" Spring <1> ", content=PAGE, options=options)

    number = int(made.one("/CreateNewsletterResult/newsletterID"))
    message = changing(find_message, 1, number)
    assert (made.code, message.subject, message.content, message.notes) == (0, "Spring <1>", PAGE, "a & b")
    assert (message.uses_fields, message.embeds_images, message.tracking.enabled) == (True, True, False)


async def test_without_options_a_message_is_tracked_and_has_no_fields(program, changing):
    made = await create(program, options=None)

    message = changing(find_message, 1, int(made.one("//newsletterID")))
    assert (message.uses_fields, message.embeds_images, message.tracking.enabled) == (False, False, True)


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        ("è €".encode(), "è €"),
        (b"\xef\xbb\xbf" + "è".encode(), "è"),
        ("è €".encode("utf-16"), "è €"),
        ("è €".encode("cp1252"), "è €"),
        (b"<meta charset='iso-8859-1'>\x80", "<meta charset='iso-8859-1'>€"),
        ('<meta http-equiv="x" content="text/html; charset=KOI8-R">я'.encode("koi8-r"), None),
        (b"<meta charset=rot13>\xff", "<meta charset=rot13>ÿ"),
    ],
)
async def test_a_file_is_read_in_the_characters_it_is_in(program, changing, octets, text):
    made = await create(program, type="file", content=b64encode(octets).decode())

    content = changing(find_message, 1, int(made.one("//newsletterID"))).content
    assert content == text if text else content.endswith("я")


async def test_a_text_is_taken_as_markup(program, changing):
    made = await create(program, type=" Text ", content="<b>x</b>")

    assert changing(find_message, 1, int(made.one("//newsletterID"))).content == "<b>x</b>"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"type": "URL", "content": "http://127.0.0.1/"}, "fetches nothing"),
        ({"type": "ID", "content": "1"}, "HTML, FILE or TEXT"),
        ({"type": None}, "HTML, FILE or TEXT"),
        ({"type": "PDF"}, "HTML, FILE or TEXT"),
        ({"type": "FILE", "content": "no*base64"}, "Base64"),
        ({"type": "FILE", "content": ""}, "empty"),
        ({"subject": None}, "subject: mandatory"),
        ({"subject": " "}, "subject: mandatory"),
        ({"subject": "x" * 501}, "500"),
        ({"content": None}, "content: mandatory"),
        ({"options": {"emb_img": "perhaps"}}, "emb_img: true or false"),
        ({"options": {"note": "x" * 4001}}, "4000"),
    ],
)
async def test_what_is_no_message_is_refused_in_words(program, given, words):
    refused = await create(program, **given)

    assert refused.code == -1
    assert words in refused.reason
    assert (await program.send("GetNewsletters", listID=1)).all("//newsletter") == []


async def test_a_message_is_changed_in_what_is_given(program, changing):
    message = changing(write, notes="old", content="old", uses_fields=True)

    changed = await program.send(
        "EditNewsletter", listID=1, newsletterId=message.id, subject="New", options={"note": "new"}
    )
    content = await program.send("EditNewsletter", listID=1, newsletterId=message.id, type="HTML", content="<i>n</i>")

    assert (changed.one("/EditNewsletterResult/newsletterID"), content.code) == (str(message.id), 0)
    found = changing(find_message, 1, message.id)
    assert (found.subject, found.notes, found.content, found.uses_fields) == ("New", "new", "<i>n</i>", True)


async def test_a_content_is_not_emptied_by_mistake(program, changing):
    message = changing(write)

    refused = await program.send("EditNewsletter", listID=1, newsletterId=message.id, type="HTML", content="")

    assert (refused.code, changing(find_message, 1, message.id).content) == (-1, message.content)


async def test_a_message_is_cloned_by_the_number_or_the_guid_of_its_list(program, changing):
    message = changing(write, notes="n")
    guid = changing(get_list, 1).guid

    by_number = await program.send("CloneMessage", listId="1", messageToCloneId=message.id, subject="Copy")
    by_guid = await program.send("CloneMessage", listGuid=guid.upper(), messageToCloneId=message.id)
    by_both = await program.send("CloneMessage", listId="1", listGuid=guid, messageToCloneId=message.id)

    copies = [changing(get_message, 1, int(each.text)).message for each in (by_number, by_guid, by_both)]
    assert [each.subject for each in copies] == ["Copy", "Spring", "Spring"]
    assert {each.content for each in copies} == {message.content}
    assert len({message.id, *(each.id for each in copies)}) == 4


@pytest.mark.parametrize(
    "given",
    [
        {"listId": "2"},
        {"listId": "x"},
        {"listId": "1;2"},
        {"listId": "9" * 400},
        {},
        {"listGuid": "x"},
        {"listGuid": "00000000-0000-0000-0000-000000000000"},
        {"listId": "1", "listGuid": "00000000-0000-0000-0000-000000000000"},
        {"listId": "1", "messageToCloneId": 999},
        {"listId": "1", "subject": "x" * 501},
        {"listId": "1", "accessKey": "none"},
    ],
)
async def test_a_clone_that_cannot_be_is_minus_one(program, changing, given):
    message = changing(write)

    refused = await program.send("CloneMessage", **{"messageToCloneId": message.id, **given})

    assert refused.text == "-1"
    assert len((await program.send("GetNewsletters", listID=1)).all("//newsletter")) == 1


@pytest.mark.parametrize("operation", ["GetNewsletters", "GetMessages"])
async def test_messages_are_listed_newest_first_with_their_dates_in_rome(program, changing, operation):
    first, second = (changing(write, subject=subject, notes="n & m") for subject in ("One", "Two <2>"))
    other = changing(make_list)
    changing(write, other.id, subject="Elsewhere")

    answer = await program.send(operation, listID=1)

    assert answer.text == (
        f"<{operation}Result><errorCode>0</errorCode><errorDescription></errorDescription><list><newsletters>"
        f"<newsletter><newsletterID>{second.id}</newsletterID><subject>Two &lt;2&gt;</subject>"
        "<note>n &amp; m</note><creationdate>01/06/2026 14:00:00</creationdate></newsletter>"
        f"<newsletter><newsletterID>{first.id}</newsletterID><subject>One</subject>"
        "<note>n &amp; m</note><creationdate>01/06/2026 14:00:00</creationdate></newsletter>"
        f"</newsletters></list></{operation}Result>"
    )


async def test_subjects_are_readable_for_whoever_asked_for_legacy_names(program, account, changing):
    changing(write, subject='A & "B"', notes="<c>")
    changing(change_options, replace(account.options, soap_legacy_names=True))

    answer = await program.send("GetNewsletters", listID=1)

    assert "<subject>A + 'B'</subject><note>(c)</note>" in answer.text


async def test_templates_are_those_of_the_server(program):
    answer = await program.send("GetTemplates", listID=1)

    assert answer.all("/GetTemplatesResult/list/newsletters/newsletter/newsletterID") == [str(n) for n in templates()]
    assert answer.all("//subject")[0] == "Newsletter"


async def test_the_code_of_a_message_is_whole_and_in_its_parts(program, changing):
    message = changing(write, subject="S & T", content=PAGE)

    answer = await program.send("GetNewsletterCode", listID=1, newsletterID=message.id, isTemplate=False)

    told = {each.tag: each.text for each in answer.document}
    assert told == {
        "errorCode": "0",
        "errorDescription": None,
        "listID": "1",
        "newsletterID": str(message.id),
        "newsletterSubject": "S & T",
        "newsletterHeader": "<title>T</title>",
        "newsletterBody": "<p>Ciao & è</p>",
        "newsletterCode": PAGE,
    }


async def test_the_code_without_a_body_is_all_body(program, changing):
    message = changing(write, content="<header>x</header><p>y")
    open_ended = changing(write, content="<body ><p>y" + "<body" * 20_000)

    plain = await program.send("GetNewsletterCode", listID=1, newsletterID=message.id)
    unclosed = await program.send("GetNewsletterCode", listID=1, newsletterID=open_ended.id)

    assert (plain.one("//newsletterHeader"), plain.one("//newsletterBody")) == ("", "<header>x</header><p>y")
    assert unclosed.one("//newsletterBody").startswith("<p>y<body")


async def test_the_code_of_a_template_is_read_likewise(program):
    answer = await program.send("GetNewsletterCode", listID=1, newsletterID=1, isTemplate=True)
    unknown = await program.send("GetNewsletterCode", listID=1, newsletterID=77, isTemplate=True)

    assert answer.one("//newsletterCode") == templates()[1].content
    assert (unknown.code, unknown.reason) == (-1, "there is no template 77")


async def test_lists_and_messages_of_another_account_are_not_found(program, theirs, changing):
    message = changing(write)
    other = changing(make_list)

    for name, given in (
        ("EditNewsletter", {"newsletterId": message.id, "subject": "Mine"}),
        ("GetNewsletterCode", {"newsletterID": message.id}),
    ):
        refused = await theirs.send(name, listID=1, **given)
        assert (refused.code, refused.reason) == (-1, f"list 1 has no message {message.id}")
        assert (await theirs.send(name, listID=other.id, **given)).code == -100
    assert (await theirs.send("CloneMessage", listId="1", messageToCloneId=message.id)).text == "-1"
    for name in ("CreateNewsletter", "GetNewsletters", "GetMessages", "GetTemplates"):
        given = {"subject": "S", "type": "HTML", "content": "x"} if name == "CreateNewsletter" else {}
        assert (await theirs.send(name, listID=other.id, **given)).code == -100
    assert (await theirs.send("GetNewsletters", listID=1)).all("//newsletter") == []
    assert changing(find_message, 1, message.id).subject == "Spring"
