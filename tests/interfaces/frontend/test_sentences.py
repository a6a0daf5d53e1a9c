"""When xmlSubscribe answers a number and when a sentence, and what the sentences are (contract 15.1)."""

import pytest

from interfaces.frontend.calls import BROWSER, Site
from staffetta.accounts import (
    OPERATOR,
    AccountOptions,
    AccountState,
    ReturnCodeWhenAbsent,
    Service,
    change_options,
    change_service,
    change_state,
)
from staffetta.kit.languages import Language, texts

ADA = "ada@example.com"
PROGRAM = "*/*"
ALREADY = "You are already subscribed."
ASKED = ("1", "true", "TRUE", "on", "yes", " 1 ")
DECLINED = ("0", "false", "off", "", "2", "x")


# What is answered to a call without retCode, by the account's switch and the caller's Accept.
ABSENT = {
    ("auto", PROGRAM): "3\r\n",
    ("auto", ""): "3\r\n",
    ("auto", "application/json"): "3\r\n",
    ("auto", BROWSER): ALREADY,
    ("auto", "text/html"): ALREADY,
    ("text", PROGRAM): ALREADY,
    ("text", BROWSER): ALREADY,
    ("code", PROGRAM): "3\r\n",
    ("code", BROWSER): "3\r\n",
}


async def test_the_switch_and_the_caller_decide_where_nothing_is_said(site: Site):
    await site.code("xmlSubscribe.aspx", list=1, email=ADA, confirm=0)
    answers = {}

    for switch, accept in ABSENT:
        with site.database.transaction(site.account.id) as tx:
            change_options(tx, AccountOptions(retcode_absent=ReturnCodeWhenAbsent(switch)))
        answers[switch, accept] = await site.text("xmlSubscribe.aspx", {"accept": accept}, list=1, email=ADA)

    assert answers == ABSENT


@pytest.mark.parametrize("switch", ReturnCodeWhenAbsent)
async def test_a_return_code_that_is_given_decides_alone(site: Site, switch):
    with site.database.transaction(site.account.id) as tx:
        change_options(tx, AccountOptions(retcode_absent=switch))
    await site.code("xmlSubscribe.aspx", list=1, email=ADA, confirm=0)

    answers = {
        word: await site.text("xmlSubscribe.aspx", {"accept": accept}, list=1, email=ADA, RetCode=word)
        for accept in (BROWSER, PROGRAM)
        for word in (*ASKED, *DECLINED)
    }

    assert answers == dict.fromkeys(ASKED, "3\r\n") | dict.fromkeys(DECLINED, ALREADY)


async def test_only_subscribe_speaks(site: Site):
    secret = site.secret()

    bodies = [
        await site.text(page, {"accept": BROWSER}, **secret, email=ADA, retCode=0)
        for page in ("xmlChkSubscriber.aspx", "xmlUnsubscribe.aspx", "xmlUpdSubscriber.aspx")
    ]

    assert bodies == ["1\r\n", "3\r\n", "1\r\n"]


async def test_each_code_has_its_sentence(site: Site, now):
    known = texts("staffetta.interfaces.frontend", Language.EN)
    call = {"list": 1, "retCode": 0}

    said = {
        "sentence_0_pending": await site.text("xmlSubscribe.aspx", **call, email=ADA),
        "sentence_0_subscribed": await site.text("xmlSubscribe.aspx", **call, email=ADA, confirm="off"),
        "sentence_3": await site.text("xmlSubscribe.aspx", **call, email=ADA),
        "sentence_2": await site.text("xmlSubscribe.aspx", **call, email="ada"),
        "sentence_1": await site.text("xmlSubscribe.aspx", retCode=0, email=ADA),
    }
    with site.database.transaction(site.account.id) as tx:
        change_service(tx, Service.FRONT_END, enabled=True, checks_ip=True, by=OPERATOR, now=now)
    said["sentence_1011"] = await site.text("xmlSubscribe.aspx", **call, email=ADA)

    assert said == dict(known)


@pytest.mark.parametrize(
    "call",
    [
        {"sms": "+393331234567"},
        {"email": ADA, "sms": "+393331234567"},
    ],
)
async def test_nobody_is_told_of_a_mail_that_does_not_come(site: Site, call):
    await site.code("xmlSubscribe.aspx", list=1, email=ADA, sms="+393331111111", confirm=0)
    mails = len(site.mails())

    said = await site.text("xmlSubscribe.aspx", list=1, **call, retCode=0)

    assert (said, len(site.mails())) == ("You are now subscribed.", mails)


async def test_a_closed_account_speaks_as_well(site: Site):
    with site.database.transaction(site.account.id) as tx:
        change_state(tx, AccountState.SUSPENDED)

    said = await site.text("xmlSubscribe.aspx", {"accept": BROWSER}, list=1, email=ADA)

    assert said == texts("staffetta.interfaces.frontend", Language.EN)["sentence_1"]


@pytest.mark.parametrize(
    ("parameters", "headers", "language"),
    [
        ({}, {}, Language.EN),
        ({"lang": "it"}, {}, Language.IT),
        ({"lang": "ja-JP"}, {"accept-language": "fr"}, Language.JA),
        ({"lang": "xx"}, {"accept-language": "de, da;q=0.5"}, Language.DA),
        ({"lang": ""}, {"accept-language": "pt-BR,pt;q=0.9"}, Language.PT),
    ],
)
async def test_a_sentence_is_in_the_persons_language(site: Site, parameters, headers, language):
    said = await site.text("xmlSubscribe.aspx", headers, list=1, email="ada", retCode=0, **parameters)

    assert said == texts("staffetta.interfaces.frontend", language)["sentence_2"]


@pytest.mark.parametrize("language", Language)
def test_no_sentence_can_be_taken_for_a_code(language):
    sentences = texts("staffetta.interfaces.frontend", language).values()

    assert len(set(sentences)) == len(sentences) == 6
    for sentence in sentences:
        assert sentence.splitlines() == [sentence]
        assert not any(character.isdigit() or character in "<>&" for character in sentence)
        assert sentence[0] not in "- "
