"""Real answers as clients read them that never parse the envelope (contract 2.2), re-created from their description."""

import html
import re

import httpx
import pytest
from lxml import etree

from interfaces.soap.importers import ADA, ENVELOPE, PATH, Shop, open_shop
from interfaces.soap.programs import Program, program_of
from staffetta.accounts import AccountOptions, change_options
from staffetta.lists import add_list
from trying import NOON

NAME = 'News & "Più" <b>'


@pytest.fixture
def shop(unlimited, account) -> Shop:
    """A plugin of an account with a second list, whose name has all that needs escaping."""
    with unlimited.database.transaction(account.id) as tx:
        add_list(tx, NAME, now=NOON)
    return open_shop(unlimited, account)


async def raw(shop: Shop, operation: str, members: str = "") -> str:
    """Return the body of an answer, as it comes over the wire."""
    header = f"<Authentication><User>{shop.account.api_user}</User><Password>{shop.password}</Password>"
    content = ENVELOPE.format(header=f"{header}</Authentication>", name=operation, members=members)
    transport = httpx.ASGITransport(shop.application)
    async with httpx.AsyncClient(transport=transport, trust_env=False) as client:
        return (await client.post(f"http://{shop.account.host}{PATH}", content=content.encode())).content.decode()


def split_document(body: str) -> str:
    """Classic ASP: split the raw body at the literal tag, un-escape `&lt;` and `&gt;` and nothing else."""
    between = body.split("mailupMessage&gt;")[1]
    return "<mailupMessage>" + between.replace("&lt;", "<").replace("&gt;", ">") + "mailupMessage>"


def split_value(document: str, tag: str, number: int = 0) -> str:
    """Classic ASP: split at the end of the opening tag, take what stands before the next `</`."""
    return document.split(f"{tag}>")[1::2][number].split("</", maxsplit=1)[0]


def cut_lists(result: str) -> str:
    """Two official plugins: cut between the literal tags of `Lists`, whatever stands around them."""
    return result[result.index("<Lists>") : result.index("</Lists>") + len("</Lists>")]


@pytest.mark.parametrize("operation", ["GetNlLists", "GetIdWsUser", "StartImportProcesses", "CreateGroup"])
async def test_who_splits_the_body_finds_the_document_and_its_code(shop, operation):
    document = split_document(await raw(shop, operation))

    assert document.startswith("<mailupMessage><mailupBody><ReturnCode>")
    assert document.endswith("</mailupBody></mailupMessage>")
    assert int(split_value(document, "ReturnCode")) in (0, -301, -401)


async def test_who_splits_the_body_reads_the_names_with_a_parser(shop):
    document = split_document(await raw(shop, "GetNlLists"))

    # What has been un-escaped but for `&amp;` is well formed all the same, with one more layer on `&` alone.
    names = [each.get("listName") for each in etree.fromstring(document).iter("List")]
    assert html.unescape(names[1]) == NAME


async def test_the_second_code_of_an_import_is_that_of_its_process(shop):
    members = f"<listsIDs>1</listsIDs><xmlDoc><![CDATA[<s>{ADA}</s>]]></xmlDoc>"

    answers = [split_document(await raw(shop, "StartImportProcesses", members)) for _ in range(2)]

    codes = [[split_value(answer, "ReturnCode", number) for number in (0, 1)] for answer in answers]
    assert codes == [["0", "0"], ["0", "-601"]]


async def test_the_details_of_an_import_are_found_by_their_tags(shop):
    process_id = (await shop.start(ConfirmEmail=True)).process_ids[0]
    shop.work()
    of_list = f"<idList>1</idList><listGUID>{shop.list().guid}</listGUID><idProcess>{process_id}</idProcess>"

    document = split_document(await raw(shop, "GetProcessDetails", of_list))

    values = [split_value(document, tag) for tag in ("ReturnCode", "StatusCode", "ConfirmationSent", "TotalContacts")]
    assert values == ["0", "3", "False", "1"]


async def test_who_cuts_the_lists_out_gets_lists_groups_and_names(shop):
    result = (await shop.call("GetNlLists")).text

    cut = cut_lists(result)

    first, second = etree.fromstring(cut)
    assert second.get("listName") == NAME
    assert re.findall(r'<List idList="([0-9]+)" listGUID="([0-9a-f-]{36})"', cut)[0] == ("1", first.get("listGUID"))
    assert [len(each.findall("Groups")) for each in (first, second)] == [1, 1]


async def test_who_decodes_twice_can_read_names_where_the_account_asks_for_it(shop):
    with shop.database.transaction(shop.account.id) as tx:
        change_options(tx, AccountOptions(soap_legacy_names=True))

    result = (await shop.call("GetNlLists")).text

    assert etree.fromstring(html.unescape(cut_lists(result)))[1].get("listName") == "News + 'Più' (b)"


@pytest.fixture
def program(unlimited, account) -> Program:
    """A program with an access key."""
    return program_of(unlimited, account)


async def test_who_reads_code_and_description_first_finds_them_in_every_answer(program):
    answers = [await program.send(name) for name in ("GetLists", "GetFields", "GetCredits", "GetMessages", "GetGroups")]

    for answer in answers:
        assert [each.tag for each in answer.document[:2]] == ["errorCode", "errorDescription"]
        assert (answer.code == 0) == (answer.reason == "")
