"""MailUpReport: what came of a message, and what somebody did with those of a list."""

import pytest
from lxml import etree

from campaigns.done import add_clicks, add_engagements, add_event, add_links, add_views
from campaigns.written import write
from recipients.people import ADA, BOB, EVIDENCE, make_list, sign_up
from staffetta.campaigns.events import EventKind
from staffetta.recipients import Cause, suppress, unsubscribe_address
from trying import NOON

SHOP = "https://shop.example/?a=1&b=[campo1]"


def much_happened(tx):
    """Ada and Bob opened a message of list 1 and clicked its two links."""
    message = write(tx, subject='Spring "sale" & <more>')
    ada, bob = (sign_up(tx, email=each, confirm=False).recipient_id for each in (ADA, BOB))
    add_links(tx, message.id, (SHOP, 4), ("https://news.example/", 1))
    add_clicks(tx, message.id, 1, [(ada, 1), (bob, 3)])
    add_clicks(tx, message.id, 2, [(ada, 1)])
    add_engagements(tx, message.id, [(ada, 2), (bob, 5)])
    add_views(tx, message.id, 7)
    add_event(tx, message.id, ada)
    add_event(tx, message.id, ada, link_id=1, hours=1)
    add_event(tx, message.id, ada, link_id=2, hours=2)
    add_event(tx, message.id, ada, hours=3)
    return message


@pytest.fixture
def message(changing):
    return changing(much_happened)


@pytest.mark.parametrize(("operation", "total"), [("ReportByMessageEN", "Total"), ("ReportByMessage", "Totale")])
async def test_a_message_tells_its_clicks_by_link_and_its_opens(program, message, operation, total):
    report = await program.report(operation, listID=1, messageID=message.id)

    assert report.text == (
        f"<{operation}Result><errorCode>0</errorCode><errorDescription></errorDescription>"
        f'<Clicks Url="https://shop.example/?a=1&amp;b=[campo1]" {total}="4">'
        f'<Click Email="ada@example.org" {total}="1" /><Click Email="bob@example.org" {total}="3" /></Clicks>'
        f'<Clicks Url="https://news.example/" {total}="1"><Click Email="ada@example.org" {total}="1" /></Clicks>'
        f'<Opens {total}="7"><Open Email="ada@example.org" {total}="2" /><Open Email="bob@example.org" {total}="5" />'
        f"</Opens></{operation}Result>"
    )


async def test_a_message_that_nobody_opened_has_no_clicks_and_empty_opens(program, changing):
    message = changing(write)

    report = await program.report("ReportByMessageEN", listID=1, messageID=message.id)

    assert report.text.endswith('<errorDescription></errorDescription><Opens Total="0" /></ReportByMessageENResult>')


async def test_a_message_of_another_list_or_account_is_not_reported_on(program, theirs, message, changing):
    other = changing(make_list)

    refused = [
        await program.report("ReportByMessageEN", listID=other.id, messageID=message.id),
        await theirs.report("ReportByMessage", listID=1, messageID=message.id),
        await theirs.report("ReportByUserEN", email=ADA.text, listID=1, messageID=message.id),
        await theirs.report("ReportByMessage", listID=other.id, messageID=message.id),
    ]

    assert [each.code for each in refused] == [-1, -1, -1, -100]


async def of_ada(program, operation="ReportByUserEN", **given):
    return await program.report(operation, **{"email": ADA.text, "listID": 1, "messageID": 0, **given})


async def test_of_a_person_each_click_and_open_is_told(program, message):
    report = await of_ada(program)

    subject = 'Subject="Spring &quot;sale&quot; &amp; &lt;more&gt;"'
    end = f'IP="192.0.2.9" MessageID="{message.id}" {subject} />'
    assert (
        f'<Clicks Url="{SHOP.replace("&", "&amp;")}" Total="1"><Click DateTime="01/06/2026 15:00:00" {end}</Clicks>'
        in report.text
    )
    assert (
        f'<Clicks Url="https://news.example/" Total="1"><Click DateTime="01/06/2026 16:00:00" {end}</Clicks>'
        in report.text
    )
    assert (
        f'<Opens Total="2"><Open DateTime="01/06/2026 17:00:00" {end}<Open DateTime="01/06/2026 14:00:00" {end}</Opens>'
        in report.text
    )
    etree.fromstring(report.text)


async def test_the_italian_twin_has_words_of_its_own(program, message):
    report = await of_ada(program, "ReportByUser", messageID=message.id)

    assert report.one(f"//Clicks[@Url='{SHOP}']/@Totale") == "1"
    assert sorted(report.all("//Click/@DataOra")) == ["01/06/2026 15:00:00", "01/06/2026 16:00:00"]
    assert report.all("//Open/@IDMessaggio") == [str(message.id)] * 2
    assert report.all("//Opens/@Totale") == ["2"]
    assert set(report.all("//Open/@Oggetto")) == {message.subject}
    assert report.one("//Canali/Email") == "Iscritto"


async def test_of_another_message_nothing_is_told(program, message, changing):
    other = changing(write)

    report = await of_ada(program, messageID=other.id)

    assert '<Clicks Url="" Total="0" /><Opens Total="0" />' in report.text
    assert report.one("//Channels/Email") == "Subscribed"


async def test_of_whoever_left_nothing_is_told_but_the_bounce(program, message, changing):
    changing(bounced, message)
    changing(unsubscribe_address, 1, ADA, evidence=EVIDENCE, now=NOON, base_url="", host="h")

    report = await of_ada(program)

    assert report.all("//Clicks | //Opens") == []
    assert report.one("//Bounce") == "01/06/2026 14:00:00"


def bounced(tx, message):
    ada = sign_up(tx, confirm=False).recipient_id
    add_engagements(tx, message.id, [(ada, 1)], kind=EventKind.SOFT_BOUNCE)


async def test_the_last_bounce_is_that_of_a_mail_or_of_giving_the_address_up(program, message, changing):
    changing(bounced, message)
    by_mail = await of_ada(program)
    changing(suppress, ADA.text, cause=Cause.BOUNCE, evidence=EVIDENCE, now=NOON.replace(month=12, day=2))
    by_suppression = await of_ada(program)

    assert (by_mail.one("//Bounce"), by_suppression.one("//Bounce")) == ("01/06/2026 14:00:00", "02/12/2026 13:00:00")
