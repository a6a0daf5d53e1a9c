"""The pages of logging on: whole, in seven languages, and safe from what applications are called."""

import string
from datetime import timedelta
from functools import partial
from html import unescape

import pytest

from interfaces.test_pages_outline import Outline
from staffetta.accounts import AccountState
from staffetta.interfaces.oauth import pages
from staffetta.interfaces.oauth.pages import Complaint, Form, Problem, Screen
from staffetta.interfaces.oauth.problems import CLOSED
from staffetta.kit.languages import Language, texts

PACKAGE = "staffetta.interfaces.oauth"
HOSTILE = "\"'><script>alert(1)</script>{{ 7*7 }}{0}{x}&amp;"
FORM = Form(
    action="/Authorization/OAuth/LogOn?a=1&b=2", ticket="tick-et", application="Shop", destination="shop.example"
)

PAGES = {
    "sign-in": partial(pages.sign_in, form=FORM),
    **{f"sign-in-{each}": partial(pages.sign_in, form=FORM, login="m7", complaint=each) for each in Complaint},
    "consent": partial(pages.consent, form=FORM, login="m7"),
    **{f"problem-{each}": partial(pages.problem, problem=each, wait=timedelta(minutes=12)) for each in Problem},
}


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_whole_in_every_language(name, language):
    html = PAGES[name](Screen(language=language, owner="Bosco & Figli"))

    page = Outline(html)
    assert page.open == page.mistakes == []
    assert page.languages == [str(language)]
    assert page.count("h1") == page.count("main") == page.count("title") == 1
    assert page.inputs <= page.labelled
    assert len(page.ids) == len(set(page.ids))
    assert page.references <= set(page.ids)
    assert page.count("script") == page.count("style") == 0
    assert "Bosco &amp; Figli" in html


@pytest.mark.parametrize("language", Language)
def test_every_language_has_the_same_texts_with_the_same_blanks(language):
    english, ours = texts(PACKAGE, Language.EN), texts(PACKAGE, language)

    assert ours.keys() == english.keys()
    assert {key: blanks(text) for key, text in ours.items()} == {key: blanks(text) for key, text in english.items()}
    assert all(text.strip() == text and text for text in ours.values())


def blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("name", PAGES)
def test_hostile_names_are_shown_and_do_nothing(name):
    hostile = Form(action=f"/x?{HOSTILE}", ticket=HOSTILE, application=HOSTILE, destination=HOSTILE)
    told = {key: value for key, value in {"form": hostile, "login": HOSTILE}.items() if key in PAGES[name].keywords}
    if name.startswith("sign-in"):
        told["login"] = HOSTILE

    page = Outline(PAGES[name](Screen(language=Language.EN, owner=HOSTILE), **told))

    assert page.open == page.mistakes == []
    assert page.count("script") == 0


def test_programs_that_keep_passwords_know_the_fields():
    page = Outline(PAGES["sign-in"](Screen(language=Language.EN)))

    known = {
        field["name"]: field.get("autocomplete") for field in page.attributes("input") if field["type"] != "hidden"
    }
    assert known == {"username": "username", "password": "current-password"}
    assert [field["type"] for field in page.attributes("input")] == ["hidden", "text", "password"]
    assert page.fields("ticket") == [("tick-et", False)]
    assert page.attributes("form") == [{"method": "post", "action": FORM.action}]


def test_the_first_empty_field_has_the_focus():
    empty = Outline(pages.sign_in(Screen(language=Language.EN), FORM))
    filled = Outline(pages.sign_in(Screen(language=Language.EN), FORM, login="m7", complaint=Complaint.WRONG))

    assert [field["name"] for field in empty.attributes("input") if "autofocus" in field] == ["username"]
    assert [field["name"] for field in filled.attributes("input") if "autofocus" in field] == ["password"]


def test_a_mistake_is_read_out_with_the_fields_that_it_is_about():
    wrong = Outline(pages.sign_in(Screen(language=Language.EN), FORM, login="m7", complaint=Complaint.WRONG))
    stale = Outline(pages.sign_in(Screen(language=Language.EN), FORM, login="m7", complaint=Complaint.STALE))

    assert [each["id"] for each in wrong.attributes("p") if each.get("role") == "alert"] == ["notice"]
    assert [field["aria-invalid"] for field in wrong.attributes("input") if "aria-invalid" in field] == ["true", "true"]
    assert not any("aria-invalid" in field for field in stale.attributes("input"))


def test_the_question_names_the_application_the_user_and_the_way_on():
    html = pages.consent(Screen(language=Language.IT), FORM, login="m7")

    assert "<title>Vuoi autorizzare Shop?</title>" in html
    for name in ("Shop", "m7", "shop.example"):
        assert f"<strong><bdi>{name}</bdi></strong>" in html
    buttons = [(each["name"], each["value"]) for each in Outline(html).attributes("button")]
    assert buttons == [("choice", "allow"), ("choice", "deny")]


@pytest.mark.parametrize(
    ("language", "words"),
    [(Language.EN, "12 minutes"), (Language.IT, "12 minuti"), (Language.JA, "12 分"), (Language.DA, "12 minutter")],
)
def test_a_locked_door_says_for_how_long(language, words):
    html = pages.problem(Screen(language=language), Problem.LOCKED, wait=timedelta(minutes=12))

    assert words in unescape(html)


def test_every_state_of_an_account_that_is_closed_has_its_page():
    assert set(CLOSED) == set(AccountState) - {AccountState.ACTIVE}
