"""The look that pages share: what is served beside them, their headers, and colours that everybody can read."""

import re
from importlib.resources import files

import pytest
from jinja2 import TemplateNotFound, UndefinedError

from staffetta.interfaces.pages import (
    SANDBOX_SECURITY_HEADERS,
    SECURITY_HEADERS,
    headers_of_form_leading_to,
    render,
    static_files,
)
from staffetta.interfaces.public import pages
from staffetta.interfaces.public.pages import Problem
from staffetta.kit.languages import Language

STYLE = files("staffetta.interfaces").joinpath("static", "style.css").read_text("utf-8")

# WCAG 2.2, 1.4.3 for text, 1.4.11 for what is not text: what is in front, what is behind, the least ratio.
PAIRS = (
    *[("ink", behind, 4.5) for behind in ("ground", "glow", "surface", "accent-tint", "calm-tint")],
    *[("soft", behind, 4.5) for behind in ("ground", "glow", "surface", "accent-tint", "calm-tint")],
    *[("accent", behind, 4.5) for behind in ("ground", "surface", "accent-tint")],
    *[("on-accent", behind, 4.5) for behind in ("accent", "accent-strong")],
    *[("calm", behind, 4.5) for behind in ("calm-tint", "surface")],
    ("accent-strong", "surface", 4.5),
    ("accent-strong", "ground", 4.5),
    ("trouble", "trouble-tint", 4.5),
    ("trouble", "surface", 4.5),
    ("control", "surface", 3.0),
)


def test_static_files_are_served_under_the_hash_of_their_content():
    served = static_files()

    assert len(served) == 5
    for path, file in served.items():
        digest = file.etag.strip('"')
        assert re.fullmatch(rf"/static/[a-z]+\.{digest}\.(css|svg)", path)
        assert file.content_type == ("image/svg+xml" if path.endswith(".svg") else "text/css; charset=utf-8")


def test_pages_refer_to_static_files_that_are_served_and_to_nobody_else():
    html = pages.problem(Problem.NOT_FOUND, language=Language.EN)

    addresses = re.findall(r'(?:href|src|action)="([^"]*)"', html)
    assert addresses
    assert set(addresses) <= set(static_files())


def test_styles_ask_nobody_else():
    for file in static_files().values():
        text = file.content.decode("utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"url\(|@import|@font-face|https?:", text)


def test_pages_are_closed_to_scripts_frames_and_caches():
    assert "default-src 'none'" in SECURITY_HEADERS["Content-Security-Policy"]
    assert "script-src" not in SECURITY_HEADERS["Content-Security-Policy"]
    assert "frame-src" not in SECURITY_HEADERS["Content-Security-Policy"]
    assert SECURITY_HEADERS["Cache-Control"] == "no-store"
    assert SANDBOX_SECURITY_HEADERS["Content-Security-Policy"].endswith("; frame-src 'self'")
    for value in (*SECURITY_HEADERS.values(), *SANDBOX_SECURITY_HEADERS.values()):
        assert value.isprintable()
        assert value.isascii()


@pytest.mark.parametrize(
    ("url", "sources"),
    [
        ("https://shop.example/thanks?a=1;b", "'self' https://shop.example"),
        ("http://shop.example:8080", "'self' http://shop.example:8080"),
        ("/own/page", "'self'"),
        ("https://shop.example; script-src *", "'self'"),
        ("https://shop.example\r\nSet-Cookie: a", "'self'"),
        ("https://user@shop.example/", "'self'"),
        ("javascript:alert(1)", "'self'"),
        ("", "'self'"),
    ],
)
def test_a_form_may_lead_to_the_site_of_the_owner_and_no_further(url, sources):
    policy = headers_of_form_leading_to(url)["Content-Security-Policy"]

    assert f"form-action {sources};" in policy
    assert {key: value for key, value in headers_of_form_leading_to(url).items() if "Policy" not in key} == {
        key: value for key, value in SECURITY_HEADERS.items() if "Policy" not in key
    }


def test_a_template_that_misses_a_value_is_our_mistake():
    with pytest.raises(UndefinedError):
        render("public/result.html", Language.EN, key="pending")


@pytest.mark.parametrize("name", ["public/nothing.html", "public/texts", "nothing.html"])
def test_a_template_that_is_not_there_is_our_mistake(name):
    with pytest.raises(TemplateNotFound):
        render(name, Language.EN)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("front", "behind", "least"), PAIRS)
def test_colours_contrast_enough(front, behind, least, scheme):
    palette = palettes()[scheme]

    lighter, darker = sorted((luminance(palette[front]), luminance(palette[behind])), reverse=True)

    assert (lighter + 0.05) / (darker + 0.05) >= least


def palettes() -> list[dict[str, str]]:
    return [dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block)) for block in re.findall(r":root \{[^}]*\}", STYLE)]


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour, as WCAG 2.2 defines it."""
    shares = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    red, green, blue = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
