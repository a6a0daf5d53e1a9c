import pytest
from hypothesis import given
from hypothesis import strategies as st

from staffetta.kit.languages import Language, find_language, preferred_language


@pytest.mark.parametrize(
    ("code", "language"),
    [
        ("IT", Language.IT),
        ("it-IT", Language.IT),
        ("it_CH", Language.IT),
        (" ja ", Language.JA),
        ("pt-BR", Language.PT),
        ("de", None),
        ("", None),
        ("italiano", None),
    ],
)
def test_a_code_names_a_language_or_none(code, language):
    assert find_language(code) == language


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("it", Language.IT),
        ("de-DE,de;q=0.9,fr;q=0.8,en;q=0.7", Language.FR),
        ("en;q=0.1, es ; q=0.5", Language.ES),
        ("en, it", Language.EN),
        ("it;q=0, en;q=0.1", Language.EN),
        ("it;q=0", None),
        ("it;q=nonsense, da;q=0.1", Language.DA),
        ("it;q=nan", None),
        ("*", None),
        ("", None),
        (",,;;=q", None),
    ],
)
def test_a_browser_is_given_the_best_language_that_it_asks_for(header, language):
    assert preferred_language(header) == language


@given(st.text())
def test_no_header_breaks_the_choice(header):
    assert preferred_language(header) in {None, *Language}
