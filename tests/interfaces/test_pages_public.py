"""The pages that subscribers see: whole, in seven languages, and safe from what lists are called."""

import string
from collections.abc import Callable, Mapping
from functools import partial
from html import unescape

import pytest

from interfaces.test_pages_outline import Outline
from staffetta.interfaces.public import pages
from staffetta.interfaces.public.pages import FieldValue, Form, GroupChoice, Issue, ListChoice, Problem, Sender
from staffetta.kit.languages import Language, texts
from staffetta.lists.model import Page
from trying import NOON

SENDER = Sender(
    list_name="Il quaderno del bosco",
    company="Bosco & Figli",
    website="https://shop.example/",
    address="Via dei Castagni 12, 38122 Trento",
)
FORM = Form(action="/preference/tok-en", token="tok-en")
EMAIL = "ada@example.org"
LISTS = (
    ListChoice(
        id=1,
        name=SENDER.list_name,
        checked=True,
        description="Once a month: what is ripe, and what to cook with it.",
        groups=(
            GroupChoice(id=11, name="Recipes", checked=True),
            GroupChoice(id=12, name="Mushrooms", checked=False),
            GroupChoice(id=13, name="Chestnut festival", checked=True),
        ),
    ),
    ListChoice(id=2, name="Offers", checked=False),
    ListChoice(id=3, name="Guided walks", checked=True, description="When a walk is planned, at most twice a year."),
)
FIELDS = (
    FieldValue(id=1, name="First name", value="Ada"),
    FieldValue(id=2, name="Last name", value="Byron"),
    FieldValue(id=4, name="Città", value="Trento"),
    FieldValue(id=27, name="Favourite tree", value=""),
)

SENTENCES = {
    "sentence_0_subscribed",
    "sentence_0_pending",
    "sentence_1",
    "sentence_2",
    "sentence_3",
    "sentence_1011",
}

Draw = Callable[..., str]

PAGES: Mapping[str, Draw] = {
    **{f"landing-{page}": partial(pages.landing, page) for page in Page},
    "form": partial(
        pages.sign_up_form,
        action="/frontend/subscribe.aspx",
        hidden={"list": "1", "lang": "en", "source": "/frontend/forms/subscription.aspx"},
    ),
    "library": partial(pages.library, [Issue(title="Spring", url="/frontend/nl_preview_window.aspx?idNL=1", on=NOON)]),
    "library-empty": partial(pages.library, []),
    "confirm": partial(pages.confirm, form=FORM, list_names=[item.name for item in LISTS]),
    "confirmed": partial(pages.confirmed, list_names=[item.name for item in LISTS], profile_url="/profile/tok-en"),
    "unsubscribe-button": partial(pages.unsubscribe_button, form=FORM, email=EMAIL),
    "unsubscribe-choice": partial(pages.unsubscribe_choice, form=FORM, email=EMAIL, lists=LISTS),
    "unsubscribe-choice-none": partial(
        pages.unsubscribe_choice, form=FORM, email=EMAIL, lists=LISTS, nothing_chosen=True
    ),
    "unsubscribe-options": partial(pages.unsubscribe_options, form=FORM, email=EMAIL),
    "preference-centre": partial(
        pages.preference_centre, form=FORM, email=EMAIL, lists=LISTS, fields=FIELDS, followed=True
    ),
    "unsubscribed": partial(
        pages.unsubscribed, list_names=["Offers", "Guided walks"], profile_url="/profile/tok-en", resubscribe=FORM
    ),
    "unchanged": partial(pages.unchanged, list_names=["Offers"], profile_url="/profile/tok-en"),
    "profile": partial(pages.profile, form=FORM, email=EMAIL, fields=FIELDS, groups=LISTS[0].groups, followed=False),
    "profile-saved": partial(pages.profile_saved, profile_url="/profile/tok-en"),
    "verify": partial(pages.verify, form=FORM, email=EMAIL),
    "verified": partial(pages.verified, email=EMAIL),
    **{f"problem-{problem}": partial(pages.problem, problem) for problem in Problem},
}


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_whole_in_every_language(name, language):
    html = PAGES[name](sender=SENDER, language=language)

    page = Outline(html)
    assert page.open == []
    assert page.mistakes == []
    assert page.languages == [str(language)]
    assert page.count("h1") == page.count("main") == page.count("title") == 1
    assert page.inputs <= page.labelled
    assert len(page.ids) == len(set(page.ids))
    assert page.references <= set(page.ids)
    assert page.count("script") == page.count("style") == 0
    assert "Bosco &amp; Figli" in html


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("problem", Problem)
def test_a_problem_is_told_without_knowing_the_sender(problem, language):
    html = pages.problem(problem, language=language)

    assert Outline(html).open == []
    assert texts("staffetta.interfaces.public", language)[f"{problem}_title"] in unescape(html)


@pytest.mark.parametrize("name", [name for name, draw in PAGES.items() if "form" in draw.keywords])
def test_a_form_posts_its_token_to_where_it_was_told(name):
    page = Outline(PAGES[name](sender=SENDER, language=Language.EN))

    assert page.attributes("form") == [{"method": "post", "action": FORM.action}]
    assert {"type": "hidden", "name": "token", "value": FORM.token} in page.attributes("input")


def test_the_fields_of_a_form_have_the_names_that_are_agreed_on():
    centre = Outline(PAGES["preference-centre"](sender=SENDER, language=Language.EN))
    options = Outline(PAGES["unsubscribe-options"](sender=SENDER, language=Language.EN))

    assert centre.fields("list") == [("1", True), ("2", False), ("3", True)]
    assert centre.fields("group") == [("11", True), ("12", False), ("13", True)]
    assert centre.fields("campo4") == [("Trento", False)]
    assert {"class": "button quiet", "type": "submit", "name": "choice", "value": "all"} in centre.attributes("button")
    assert options.fields("choice") == [("this", True), ("all", False), ("profile", False), ("stay", False)]


def test_the_choice_of_lists_to_leave_shows_no_groups():
    page = Outline(PAGES["unsubscribe-choice"](sender=SENDER, language=Language.EN))

    assert page.fields("group") == []
    assert len(page.fields("list")) == 3


def test_browsers_are_told_what_a_field_is_for():
    page = Outline(PAGES["profile"](sender=SENDER, language=Language.EN))

    purposes = [field.get("autocomplete") for field in page.attributes("input") if field["type"] == "text"]
    assert purposes == ["given-name", "family-name", "address-level2", None]


@pytest.mark.parametrize("name", PAGES)
def test_hostile_names_are_shown_and_do_nothing(name):
    hostile = "\"'><script>alert(1)</script>{{ 7*7 }}{0}{x}&amp;"
    sender = Sender(list_name=hostile, company=hostile, address=hostile, website="javascript:alert(1)")
    choice = ListChoice(
        id=1,
        name=hostile,
        checked=True,
        description=hostile,
        groups=(GroupChoice(id=1, name=hostile, checked=False),),
    )
    told = {
        "form": Form(action=f"/u/{hostile}", token=hostile),
        "email": hostile,
        "lists": [choice],
        "fields": [FieldValue(id=1, name=hostile, value=hostile)],
        "groups": choice.groups,
        "list_names": [hostile, hostile],
        "profile_url": f"/p/{hostile}",
        "resubscribe": Form(action="/r", token=hostile),
    }
    draw = PAGES[name]

    html = partial(draw, **{key: told[key] for key in draw.keywords if key in told})(
        sender=sender, language=Language.FR
    )

    page = Outline(html)
    assert page.open == page.mistakes == []
    assert page.count("script") == 0
    assert "javascript:" not in html
    assert hostile in unescape(html)


@pytest.mark.parametrize("language", Language)
def test_texts_are_the_same_set_in_every_language(language):
    english = texts("staffetta.interfaces.public", Language.EN)

    translated = texts("staffetta.interfaces.public", language)

    assert translated.keys() == english.keys()
    assert {key: placeholders(text) for key, text in translated.items()} == {
        key: placeholders(text) for key, text in english.items()
    }
    assert all(text.strip() == text != "" for text in translated.values())


def test_every_text_is_used():
    shown = "".join(draw(sender=SENDER, language=Language.EN) for draw in PAGES.values())

    unused = [key for key, text in texts("staffetta.interfaces.public", Language.EN).items() if not begins(text, shown)]

    assert unused == []


@pytest.mark.parametrize("language", Language)
def test_sentences_for_people_cannot_be_taken_for_codes(language):
    sentences = texts("staffetta.interfaces.frontend", language)

    assert set(sentences) == SENTENCES
    for sentence in sentences.values():
        assert sentence.strip() == sentence != ""
        assert len(sentence.splitlines()) == 1
        assert not any(character.isdigit() for character in sentence)
        assert not set(sentence) & set("<>&")
        assert sentence[0] != "-"


def placeholders(text: str) -> set[str | None]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def begins(text: str, html: str) -> bool:
    """Tell whether the longest piece of a text that has no placeholder in it is on the page."""
    return max((piece for piece, *_ in string.Formatter().parse(text)), key=len) in unescape(html)
