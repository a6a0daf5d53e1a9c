"""The pages of the console: whole, in seven languages, and safe from what people and applications are called."""

import string
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from html import unescape
from importlib.resources import files
from types import SimpleNamespace

import pytest

from interfaces.test_pages_outline import Outline
from staffetta.access import Authorization, User
from staffetta.accounts import Account, AccountOptions, AccountState, Plan, UserKind
from staffetta.accounts.terms import Terms
from staffetta.interfaces.console import pages
from staffetta.interfaces.console.pages import LANGUAGES, Complaint, Form, Frame, News, Problem
from staffetta.kit.languages import Language, texts

PACKAGE = "staffetta.interfaces.console"
NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
HOSTILE = "\"'><script>alert(1)</script>{{ 7*7 }}{0}{x}&amp;"

ACCOUNT = Account(
    id=7,
    name="Bosco & Figli",
    language=Language.IT,
    time_zone="Europe/Rome",
    state=AccountState.ACTIVE,
    options=AccountOptions(),
    hosts=("7.example.org",),
    plan=Plan(monthly_messages=10_000),
    expires_at=NOON + timedelta(days=5),
)
USER = User(
    account_id=7, login="m7", kind=UserKind.CONSOLE, password_changed_at=NOON, email="ada@example.com", name="Ada"
)
LISTS = [
    SimpleNamespace(id=number, name=f"List {number}", guid=f"1a3edc59-c8d3-c215-ac5d-56f7849{number:05}")
    for number in range(1, 25)
]
ROWS = [Authorization(login="m7", client_id="c-1", name="Shop & Co", granted_at=NOON)]
TERMS = Terms(3, Language.EN, "# Rules\n\nBe nice.\nAlways.\n\nThank you.", NOON)
COMPLAINTS = [
    Complaint(field, key, wait=timedelta(minutes=12))
    for field, key in (("", "locked"), ("username", "login_missing"), ("password", "password_needed"))
]
NEW = [
    Complaint("new", "password_weak"),
    Complaint("repeat", "passwords_differ"),
    Complaint("current", "wrong_current"),
]
FORM = Form(ticket="tick-et", next="/console/password")


def home(frame: Frame, *, account: Account = ACCOUNT, user: User = USER) -> str:
    return pages.home(
        frame, account=account, user=user, lists=LISTS, server="https://7.example.org", operator_email="a@b.c", now=NOON
    )


def with_mistakes(complaints: list[Complaint]) -> Form:
    return replace(FORM, complaints=complaints)


PAGES = {
    "sign-in": partial(pages.sign_in, form=FORM, login=""),
    "sign-in-wrong": partial(pages.sign_in, form=with_mistakes(COMPLAINTS), login="m7"),
    "choose-first": partial(pages.choose_password, form=FORM, login="m7", first=True, api_user="a7"),
    "choose-expired": partial(pages.choose_password, form=with_mistakes(NEW), login="m7", first=False, api_user=""),
    "terms": partial(pages.terms, form=FORM, account=ACCOUNT, current=TERMS),
    "terms-missing": partial(
        pages.terms, form=with_mistakes([Complaint("accepted", "terms_missing")]), account=ACCOUNT, current=TERMS
    ),
    **{f"home-{state.name}": partial(home, account=replace(ACCOUNT, state=state)) for state in AccountState},
    "home-unlimited": partial(home, account=replace(ACCOUNT, plan=Plan(trial_days=0), expires_at=None)),
    "applications": partial(pages.applications, rows=ROWS, account=ACCOUNT),
    "applications-none": partial(pages.applications, rows=[], account=ACCOUNT),
    "revoke": partial(pages.revoke, form=FORM, application="Shop", client_id="c-1"),
    "password": partial(pages.password, form=FORM),
    "password-wrong": partial(pages.password, form=with_mistakes(NEW)),
    "forgotten": partial(pages.forgotten, form=FORM),
    "forgotten-done": partial(pages.forgotten_done, login="m7"),
    "reset": partial(pages.reset, form=FORM, login="m7", token="to-ken"),
    **{f"problem-{each}": partial(pages.problem, problem=each) for each in Problem},
}
FRAMES = {
    "out": Frame(language=Language.EN, brand="Posta Blu"),
    "in": Frame(language=Language.EN, brand="Posta Blu", room="home", login="m7", sign_out_ticket="t"),
    **{each: Frame(language=Language.EN, brand="Posta Blu", news=(each, "Shop")) for each in News},
}


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_whole_in_every_language(name, language):
    html = PAGES[name](replace(FRAMES["in"], language=language))

    page = Outline(html)
    assert page.open == page.mistakes == []
    assert page.languages[0] == str(language)
    assert page.count("h1") == page.count("main") == page.count("title") == 1
    assert page.inputs <= page.labelled
    assert len(page.ids) == len(set(page.ids))
    assert page.references <= set(page.ids)
    assert page.count("script") == page.count("style") == 0
    assert all("style" not in attributes for _, attributes in page.tags)
    assert "Posta Blu" in html


@pytest.mark.parametrize("name", FRAMES)
def test_a_frame_is_whole_whoever_is_in_it_and_whatever_is_told(name):
    html = PAGES["password"](FRAMES[name])

    page = Outline(html)
    assert page.open == page.mistakes == []
    assert ("/console/sign-out" in html) == (name == "in")
    assert page.attributes("a")[0]["href"] == "#main"


@pytest.mark.parametrize("language", Language)
def test_every_language_has_the_same_texts_with_the_same_blanks(language):
    english, ours = texts(PACKAGE, Language.EN), texts(PACKAGE, language)

    assert list(ours) == list(english)
    assert {key: blanks(text) for key, text in ours.items()} == {key: blanks(text) for key, text in english.items()}
    assert all(text.strip() == text and text for text in ours.values())


def blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_text_is_said_somewhere():
    folder = files(PACKAGE)
    sources = [each.read_text("utf-8") for each in folder.iterdir() if each.name.endswith(".py")]
    sources += [each.read_text("utf-8") for each in folder.joinpath("templates").iterdir()]
    built = ("state_", "nav_", *(f"{each}_" for each in Problem))

    unsaid = [
        key
        for key in texts(PACKAGE, Language.EN)
        if not key.startswith(built) and not any(f'"{key}"' in source for source in sources)
    ]

    assert unsaid == []


@pytest.mark.parametrize("name", PAGES)
def test_hostile_names_are_shown_and_do_nothing(name):
    hostile = replace(ACCOUNT, name=HOSTILE, hosts=(HOSTILE,))
    told = {
        "form": Form(ticket=HOSTILE, next=HOSTILE),
        "login": HOSTILE,
        "api_user": HOSTILE,
        "token": HOSTILE,
        "application": HOSTILE,
        "client_id": HOSTILE,
        "account": hostile,
        "current": Terms(1, Language.EN, HOSTILE, None),
        "rows": [Authorization(login="m7", client_id=HOSTILE, name=HOSTILE, granted_at=NOON)],
    }
    values = {key: value for key, value in told.items() if key in PAGES[name].keywords}
    frame = Frame(
        language=Language.EN,
        brand=HOSTILE,
        login=HOSTILE,
        sign_out_ticket=HOSTILE,
        language_url=f"/console?{HOSTILE}",
        news=(News.REVOKED, HOSTILE),
    )

    page = Outline(PAGES[name](frame, **values))

    assert page.open == page.mistakes == []
    assert page.count("script") == 0


def test_programs_that_keep_passwords_know_the_fields():
    known = {
        name: [
            (field["name"], field["autocomplete"])
            for field in Outline(PAGES[name](FRAMES["in"])).attributes("input")
            if "autocomplete" in field
        ]
        for name in ("sign-in", "choose-first", "password", "reset")
    }

    new = [("new", "new-password"), ("repeat", "new-password")]
    assert known == {
        "sign-in": [("username", "username"), ("password", "current-password")],
        "choose-first": [("username", "username"), *new],
        "password": [("username", "username"), ("current", "current-password"), *new],
        "reset": [("username", "username"), *new],
    }


def test_every_language_can_be_chosen_by_its_own_name():
    html = PAGES["sign-in"](Frame(language=Language.DA, brand="x", language_url="/console/sign-in?next=%2Fa&lang="))

    links = [each for each in Outline(html).attributes("a") if "hreflang" in each]
    assert [each["hreflang"] for each in links] == [str(each) for each in Language] == list(map(str, LANGUAGES))
    assert [each["lang"] for each in links if "aria-current" in each] == ["da"]
    assert links[1]["href"] == "/console/sign-in?next=%2Fa&lang=it"


@pytest.mark.parametrize(
    ("language", "words"),
    [(Language.EN, "12 minutes"), (Language.IT, "12 minuti"), (Language.JA, "12 分"), (Language.DA, "12 minutter")],
)
def test_a_locked_door_says_for_how_long(language, words):
    assert words in unescape(PAGES["sign-in-wrong"](Frame(language=language, brand="x")))


def test_numbers_and_days_are_written_as_people_write_them():
    english, danish = (home(Frame(language=each, brand="x", login="m7")) for each in (Language.EN, Language.DA))

    assert "June 6, 2026" in english
    assert "10,000" in english
    assert "6. juni 2026" in danish
    assert "10.000" in danish
