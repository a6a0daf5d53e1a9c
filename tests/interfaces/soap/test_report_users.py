"""MailUpReport: where an address stands, in two languages."""

import pytest

from recipients.people import ADA, EVIDENCE, MOBILE, make_list, sign_up
from staffetta.lists import set_field
from staffetta.recipients import Cause, suppress, unsubscribe_address
from trying import NOON


def leave(tx):
    unsubscribe_address(tx, 1, ADA, evidence=EVIDENCE, now=NOON, base_url="", host="h")


async def of_ada(program, operation="ReportByUser", **given):
    return await program.report(operation, **{"email": " ADA@example.org", "listID": 1, "messageID": 0, **given})


async def test_a_subscriber_who_did_nothing_is_shown_with_fields_and_empty_statistics(program, changing, account):
    changing(sign_up, mobile=MOBILE, fields={2: 'De "Lo" & <c>'}, confirm=False)

    report = await of_ada(program)

    assert report.text.startswith(
        "<ReportByUserResult><errorCode>0</errorCode><errorDescription></errorDescription>"
        "<Canali><Email>Iscritto</Email><SMS>Iscritto</SMS><Posta>Non Registrato</Posta><Voce>Non Registrato</Voce>"
        '<Fax>Non Registrato</Fax></Canali><Bounce></Bounce><Clicks Url="" Totale="0" /><Opens Totale="0" />'
        '<CampiAnagrafici><campo id="1" Valore="" /><campo id="2" Valore="De &quot;Lo&quot; &amp; &lt;c&gt;" />'
    )
    assert len(report.all("//CampiAnagrafici/campo")) == 40


async def test_the_english_twin_has_names_of_its_own(program, changing):
    changing(sign_up, fields={1: "Ada"}, confirm=False)

    report = await of_ada(program, "ReportByUserEN")

    assert report.text.startswith(
        "<ReportByUserENResult><errorCode>0</errorCode><errorDescription></errorDescription>"
        "<Channels><Email>Subscribed</Email><SMS>Not Registered</SMS><RegularMail>Not Registered</RegularMail>"
        "<Voice>Not Registered</Voice><Fax>Not Registered</Fax></Channels><Bounce></Bounce>"
        '<Clicks Url="" Total="0" /><Opens Total="0" /><PersonalDataFields><Field Id="1" Value="Ada" />'
    )


async def test_whoever_has_not_confirmed_is_waiting_in_two_words(program, changing):
    changing(sign_up)

    assert (await of_ada(program)).one("//Canali/Email") == "In attesa"
    assert (await of_ada(program, "ReportByUserEN")).one("//Channels/Email") == "Pending"


async def test_whoever_left_has_no_statistics(program, changing):
    changing(sign_up, confirm=False)
    changing(leave)

    italian, english = await of_ada(program), await of_ada(program, "ReportByUserEN")

    assert (italian.one("//Email"), english.one("//Email")) == ("Disiscritto", "Unsubscribed")
    assert italian.all("//Clicks | //Opens") == english.all("//Clicks | //Opens") == []
    assert len(italian.all("//campo")) == 40


async def test_a_stranger_to_the_list_has_an_empty_status_in_italian(program, changing):
    other = changing(make_list)
    changing(sign_up, lists=(other.id,), fields={1: "Ada"}, confirm=False)

    italian, english = await of_ada(program), await of_ada(program, "ReportByUserEN")

    assert "<Canali><Email></Email><SMS>Non Registrato</SMS>" in italian.text
    assert english.one("//Email") == "Not Registered"
    assert italian.text.endswith("<CampiAnagrafici></CampiAnagrafici></ReportByUserResult>")
    assert (await of_ada(program, listID=other.id)).one("//Email") == "Iscritto"


async def test_a_bounce_is_told_in_the_time_of_rome(program, changing):
    changing(sign_up, confirm=False)
    changing(suppress, ADA.text, cause=Cause.BOUNCE, evidence=EVIDENCE, now=NOON)

    assert (await of_ada(program)).one("//Bounce") == "01/06/2026 14:00:00"


async def test_nobody_of_another_account_is_reported_on(program, theirs, changing):
    changing(sign_up, confirm=False)
    other = changing(make_list)

    stranger = await of_ada(theirs)

    assert (stranger.code, stranger.one("//Canali/Email")) == (0, "")
    assert (await of_ada(theirs, listID=other.id)).code == -100


@pytest.mark.parametrize("email", [None, "", "nobody", "a@b@c", "x" * 300 + "@example.org"])
async def test_what_is_no_address_is_refused(program, email):
    refused = await of_ada(program, email=email)

    assert refused.code == -1
    assert "address" in refused.reason


@pytest.mark.parametrize("operation", ["ReportByMessage", "ReportByMessageEN", "ReportByUser", "ReportByUserEN"])
async def test_what_is_no_message_of_the_list_is_not_reported_on(program, operation):
    unknown_message = await of_ada(program, operation, messageID=5)
    unknown_list = await of_ada(program, operation, listID=77, messageID=5)

    assert (unknown_message.code, unknown_message.reason) == (-1, "list 1 has no message 5")
    assert unknown_list.code == -100


async def test_all_fields_of_the_account_are_shown(program, changing):
    changing(set_field, 41, "More")
    changing(sign_up, fields={41: "x"}, confirm=False)

    report = await of_ada(program)

    assert report.one("//campo[@id='41']/@Valore") == "x"
