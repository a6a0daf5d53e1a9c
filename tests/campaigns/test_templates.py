"""The templates that come with the platform: HTML that mail programs show, on every screen and in the dark."""

import re
from xml.etree import ElementTree as ET

import pytest

from interfaces.test_pages_outline import Outline
from staffetta.campaigns import UnknownTemplate, get_message, get_template, templates, write_from_template
from staffetta.lists import UnknownList
from trying import NOON

ALL = [pytest.param(each, id=each.title) for each in templates().values()]
# Beyond which a large mail program shows the beginning only.
CLIPPED_OCTETS = 102_400
STYLE = re.compile(r'style="([^"]*)"')
COLOUR = re.compile(r"(background-color|(?<!-)color):(#[0-9a-f]{6})")


def luminance(colour):
    """Return the relative luminance of WCAG 2.2."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_there_are_at_least_two_and_their_ids_do_not_change():
    assert [(each.id, each.title) for each in templates().values()] == [
        (1, "Newsletter"),
        (2, "Announcement"),
        (3, "Shop offer"),
        (4, "Plain letter"),
    ]


@pytest.mark.parametrize("template", ALL)
def test_the_html_is_whole_and_runs_nothing(template):
    page = Outline(template.content)

    assert page.open == page.mistakes == []
    assert {page.count(tag) for tag in ("script", "link", "iframe", "form", "img", "svg", "video", "object")} == {0}
    assert not re.search(r"\son\w+=|javascript:|@import|url\(|expression\(", template.content, re.IGNORECASE)
    assert len(template.content.encode()) < CLIPPED_OCTETS


@pytest.mark.parametrize("template", ALL)
def test_tables_are_for_layout_and_say_so(template):
    page = Outline(template.content)

    tables = page.attributes("table")
    assert len(tables) >= 2
    assert {each.get("role") for each in tables} == {"presentation"}
    assert page.attributes("html")[0].get("lang") == "en"
    assert "max-width:600px" in template.content
    assert not re.search(r'\bwidth="\d{3,}"|[^-]width:[4-9]\d\dpx', template.content)


@pytest.mark.parametrize("template", ALL)
def test_every_text_brings_its_style_along(template):
    page = Outline(template.content)

    texts = [each for tag in ("p", "h1", "h2", "a") for each in page.attributes(tag)]
    assert all("color:#" in (each.get("style") or "") for each in texts)
    sized = [each for tag in ("p", "h1", "h2") for each in page.attributes(tag)]
    assert all({"font-family:", "font-size:", "line-height:", "margin:"} <= parts(each["style"]) for each in sized)


def parts(style):
    return {f"{each.partition(':')[0]}:" for each in style.split(";")}


@pytest.mark.parametrize("template", ALL)
def test_it_fits_small_screens_and_dark_ones(template):
    content = template.content
    dark = content.partition("prefers-color-scheme: dark")[2].partition("</style>")[0]

    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in content
    assert '<meta name="color-scheme" content="light dark">' in content
    assert "@media (max-width: 600px)" in content
    # What has a colour has one in the dark as well, or is a button, whose both colours are its own.
    names = set(re.findall(r"\.(\w+) \{", dark))
    for tag in re.findall(r"<\w+[^>]*style=\"[^\"]*color:#[^>]*>", content):
        named = re.search(r'class="([^"]*)"', tag)
        assert (named and names & set(named[1].split())) or "#0b57a4" in tag or "#ffffff" in tag, tag


@pytest.mark.parametrize("template", ALL)
def test_texts_can_be_read_on_what_is_behind_them(template):
    styles = STYLE.findall(template.content)
    texts = {found for style in styles for name, found in COLOUR.findall(style) if name == "color"}
    dark = template.content.partition("prefers-color-scheme: dark")[2].partition("</style>")[0]
    dark_texts = set(re.findall(r"\bcolor: (#[0-9a-f]{6})", dark.replace("background-color", "ground")))
    dark_grounds = set(re.findall(r"background-color: (#[0-9a-f]{6})", dark))

    for text in texts - {"#ffffff"}:
        assert contrast(text, "#ffffff") >= 4.5
    assert contrast("#ffffff", "#0b57a4") >= 4.5
    assert contrast("#1c2228", "#e3e9ef") >= 4.5
    assert all(contrast(text, ground) >= 4.5 for text in dark_texts for ground in dark_grounds)


@pytest.mark.parametrize("template", ALL)
def test_it_greets_by_name_and_lets_people_go(template):
    hrefs = [each["href"] for each in Outline(template.content).attributes("a")]

    assert "http://[unsubscribe]/" in hrefs
    assert set(hrefs) <= {"http://[unsubscribe]/", "https://www.example.com/"}
    assert "Hello [campo1]," in template.content


@pytest.mark.parametrize("template", ALL)
def test_the_thumbnail_is_a_small_picture_that_does_nothing(template):
    picture = ET.fromstring(template.thumbnail)  # our own file

    assert {each.tag.rpartition("}")[2] for each in picture.iter()} <= {"svg", "rect", "path"}
    assert picture.get("aria-label") == template.title
    assert len(template.thumbnail) < 4_096
    assert re.fullmatch(r"[a-z]+\.[0-9a-f]{12}\.svg", template.thumbnail_name)


def test_a_message_begins_as_a_template_does(tx):
    made = write_from_template(tx, 1, 3, now=NOON)

    assert get_message(tx, 1, made.id).message == made
    assert (made.subject, made.content) == ("Shop offer", get_template(3).content)
    assert (made.uses_fields, made.default_values) == (True, {1: "there"})


def test_a_template_or_list_that_there_is_not_is_refused(tx):
    with pytest.raises(UnknownTemplate):
        write_from_template(tx, 1, 99, now=NOON)
    with pytest.raises(UnknownList):
        write_from_template(tx, 99, 1, now=NOON)
