import string
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from staffetta.tracking import PATHS, InvalidToken, Purpose, Signer, Token, link, load_signer, rotate_key
from staffetta.tracking.tokens import LONGEST

NUMBERS = st.integers(0, 2**31 - 1)
TOKENS = st.builds(Token, NUMBERS, NUMBERS, st.lists(NUMBERS, max_size=20).map(tuple))
PURPOSES = st.sampled_from(Purpose)
NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
SIGNER = Signer({1: b"k" * 32})


@given(PURPOSES, TOKENS)
def test_a_token_says_what_was_signed(purpose, token):
    text = SIGNER.sign(purpose, token)

    assert SIGNER.read(purpose, text) == token
    assert set(text) <= set(string.ascii_letters + string.digits + "-_")


@given(PURPOSES, TOKENS, st.data())
def test_a_token_with_a_changed_character_is_refused(purpose, token, data):
    text = SIGNER.sign(purpose, token)
    position = data.draw(st.integers(0, len(text) - 1))
    character = data.draw(st.sampled_from(string.ascii_letters + string.digits + "-_=+/ %."))
    changed = text[:position] + character + text[position + 1 :]

    if changed != text:
        with pytest.raises(InvalidToken):
            SIGNER.read(purpose, changed)


@given(TOKENS, st.integers(1, 200))
def test_a_token_that_was_cut_short_is_refused(token, kept):
    text = SIGNER.sign(Purpose.CONFIRM, token)

    if kept < len(text):
        with pytest.raises(InvalidToken):
            SIGNER.read(Purpose.CONFIRM, text[:kept])


@pytest.mark.parametrize("appended", ["A", "==", "\n", " ", "/", "AAAA"])
def test_a_token_with_something_appended_is_refused(appended):
    text = SIGNER.sign(Purpose.CONFIRM, Token(1, 2, (3,)))

    with pytest.raises(InvalidToken):
        SIGNER.read(Purpose.CONFIRM, text + appended)


@given(PURPOSES, PURPOSES, TOKENS)
def test_a_token_for_one_purpose_does_nothing_at_another(purpose, other, token):
    text = SIGNER.sign(purpose, token)

    if other != purpose:
        with pytest.raises(InvalidToken):
            SIGNER.read(other, text)


@given(st.one_of(st.text(), st.text(string.ascii_letters + string.digits + "-_=", max_size=200), st.just("A" * 9999)))
def test_garbage_is_refused_and_nothing_else(text):
    with pytest.raises(InvalidToken):
        SIGNER.read(Purpose.CONFIRM, text)


@pytest.mark.parametrize("text", ["", "A", "\ud800", "é" * 30, "A" * LONGEST, "A" * (LONGEST + 1), "\x00" * 40])
def test_odd_texts_are_refused(text):
    with pytest.raises(InvalidToken):
        SIGNER.read(Purpose.CONFIRM, text)


def test_the_token_of_another_installation_is_refused():
    text = Signer({1: b"other" * 6}).sign(Purpose.CONFIRM, Token(1, 2, (3,)))

    with pytest.raises(InvalidToken):
        SIGNER.read(Purpose.CONFIRM, text)


def test_a_link_leads_to_the_page_of_its_purpose():
    token = Token(7132, 5, (1, 2))

    for purpose, path in PATHS.items():
        url = link(SIGNER, "https://news.example", purpose, token)
        assert url.startswith(f"https://news.example{path}")
        assert SIGNER.read(purpose, url.removeprefix(f"https://news.example{path}")) == token


def test_keys_are_made_once_and_rotation_breaks_no_link(own_database):
    token = Token(1, 2, (3,))
    with own_database.connection() as connection:
        old = load_signer(connection, now=NOON).sign(Purpose.CONFIRM, token)
        rotate_key(connection, now=NOON)
    with own_database.connection() as connection:
        signer = load_signer(connection, now=NOON)

    new = signer.sign(Purpose.CONFIRM, token)

    assert new != old
    assert signer.read(Purpose.CONFIRM, old) == signer.read(Purpose.CONFIRM, new) == token
    with own_database.connection() as connection:
        assert load_signer(connection, now=NOON).sign(Purpose.CONFIRM, token) == new
