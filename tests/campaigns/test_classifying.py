"""Who is taken for a person, a program or either, by what they say of themselves."""

import pytest

from staffetta.campaigns import Actor, EventKind, classify
from staffetta.campaigns.classifying import AGENTS

VIEW, CLICK = EventKind.VIEW, EventKind.CLICK
PERSON, MACHINE, UNSURE = Actor.PERSON, Actor.MACHINE, Actor.UNSURE
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"

AGENTS_OF = {
    FIREFOX: PERSON,
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0": PERSON,
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148": PERSON,
    "Mozilla/4.0 (compatible; ms-office; MSOffice 16)": PERSON,
    "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17726; Pro)": PERSON,
    "Mozilla/5.0 (X11; Linux x86_64; rv:115.0) Gecko/20100101 Thunderbird/115.12.0": PERSON,
    "Mozilla/5.0 (Linux; Android 12; CUBOT X50) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36": PERSON,
    "Mozilla/5.0": MACHINE,
    "": UNSURE,
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)": UNSURE,
    "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html": UNSURE,
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)": MACHINE,
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)": MACHINE,
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)": MACHINE,
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)": MACHINE,
    "WhatsApp/2.23.20.0": MACHINE,
    "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5": MACHINE,
    "BarracudaCentral/1.0": MACHINE,
    "Mozilla/5.0 (compatible; Mimecast URL Protection)": MACHINE,
    "curl/8.5.0": MACHINE,
    "python-requests/2.32.3": MACHINE,
    "Go-http-client/2.0": MACHINE,
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/126.0.0.0 Safari/537.36": MACHINE,
    "W3C_Validator/1.3": MACHINE,
    "LinkChecker/10.2": MACHINE,
}


@pytest.mark.parametrize("agent", AGENTS_OF)
def test_a_program_is_told_by_what_it_says_of_itself(agent):
    assert classify(CLICK, agent=agent.encode()).actor == AGENTS_OF[agent]


def test_all_but_people_are_given_a_reason():
    judged = [classify(CLICK, agent=agent.encode()) for agent in AGENTS_OF]

    assert all(bool(each.reason) != (each.actor == PERSON) for each in judged)
    assert len({each.reason for each in judged}) > len(AGENTS) / 2


@pytest.mark.parametrize(
    ("method", "purpose", "actor"),
    [
        ("GET", b"", PERSON),
        ("HEAD", b"", MACHINE),
        ("GET", b"prefetch;prerender", MACHINE),
        ("GET", b"Prefetch", MACHINE),
        ("GET", b"preview", MACHINE),
        ("GET", b"something else", PERSON),
    ],
)
def test_what_looks_ahead_is_a_program_whatever_it_calls_itself(method, purpose, actor):
    assert classify(VIEW, method=method, purpose=purpose, agent=FIREFOX.encode()).actor == actor


@pytest.mark.parametrize(
    ("kind", "ip", "actor"),
    [
        (VIEW, "17.58.1.2", MACHINE),
        (CLICK, "17.58.1.2", PERSON),  # people follow links from there as well
        (VIEW, "170.58.1.2", PERSON),
        (VIEW, "17.nonsense", PERSON),
        (VIEW, "2001:db8::17", PERSON),
        (VIEW, "", PERSON),
    ],
)
def test_pictures_that_apples_network_fetches_say_nothing_of_people(kind, ip, actor):
    assert classify(kind, agent=FIREFOX.encode(), ip=ip).actor == actor


def test_what_a_program_says_may_be_long_or_no_text():
    assert classify(VIEW, agent=b"\xff" * 100_000).actor == PERSON
    assert classify(VIEW, agent=b"\x00" * 10).actor == PERSON
