import string
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from staffetta.tracking import (
    PATHS,
    AttachmentToken,
    CampaignToken,
    InvalidToken,
    Purpose,
    ResetToken,
    Signer,
    Token,
    attachment_link,
    link,
    load_signer,
    reset_link,
    rotate_key,
    spell_recipient,
)
from staffetta.tracking.tokens import LONGEST, _varint

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


INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds are naive
LOGINS = st.text(min_size=1, max_size=50).filter(lambda login: login.isprintable())


@given(st.builds(ResetToken, NUMBERS, LOGINS, INSTANTS, INSTANTS))
def test_a_reset_token_says_what_was_signed(token):
    text = SIGNER.sign_reset(token)

    assert SIGNER.read_reset(text) == token
    with pytest.raises(InvalidToken):
        SIGNER.read(Purpose.CONFIRM, text)


@pytest.mark.parametrize(
    "token",
    [
        Token(1, 0x6D31, (1,)),
        Token(1, 0x6D31, (1, 2, 3)),
        Token(1, 0xFF, (1, 2)),
        Token(1, 0x6D31, (1, 2**62)),
        Token(1, 0x6D31, (2**2000, 2)),
    ],
)
def test_a_reset_token_of_another_shape_is_refused(token):
    text = SIGNER.sign(Purpose.RESET, token)

    with pytest.raises(InvalidToken):
        SIGNER.read_reset(text)


@given(st.one_of(st.text(), st.text(string.ascii_letters + string.digits + "-_=", max_size=200)))
def test_garbage_resets_nothing(text):
    with pytest.raises(InvalidToken):
        SIGNER.read_reset(text)


def test_a_reset_link_leads_to_the_console():
    token = ResetToken(7, "m7", NOON, NOON)

    url = reset_link(SIGNER, "https://7.example.org", token)

    assert url.startswith("https://7.example.org/console/reset?t=")
    assert SIGNER.read_reset(url.partition("?t=")[2]) == token


def test_what_is_derived_depends_on_the_key_the_label_and_each_part():
    other = Signer({1: b"o" * 32})

    derived = [
        SIGNER.derive("seal"),
        SIGNER.derive("seals"),
        SIGNER.derive("seal", ""),
        SIGNER.derive("seal", "ab", "c"),
        SIGNER.derive("seal", "a", "bc"),
        SIGNER.derive("seala", "bc"),
        other.derive("seal"),
    ]

    assert len(set(derived)) == len(derived)
    assert {len(octets) for octets in derived} == {32}
    assert SIGNER.derive("seal") == derived[0]


def test_older_keys_go_on_deriving_behind_the_newest():
    both = Signer({1: b"k" * 32, 2: b"n" * 32})

    derived = both.derive_all("seal", "a")

    assert derived == [Signer({2: b"n" * 32}).derive("seal", "a"), SIGNER.derive("seal", "a")]
    assert both.derive("seal", "a") == derived[0]


@given(NUMBERS, NUMBERS, st.integers(1, 5))
def test_the_address_of_a_file_says_which(account_id, message_id, slot):
    token = AttachmentToken(account_id, message_id, slot)

    assert SIGNER.read_attachment(SIGNER.sign_attachment(token)) == token
    assert attachment_link(SIGNER, "http://x", token, "a/b?.txt").endswith("/a%2Fb%3F.txt")


@given(
    account_id=st.integers(1, 2**31 - 1), recipient_id=st.integers(0, 2**31 - 1), sending_id=st.integers(1, 2**31 - 1)
)
def test_the_token_of_a_campaign_says_whose_mail_it_is_of(account_id, recipient_id, sending_id):
    token = CampaignToken(account_id, recipient_id, sending_id)

    assert SIGNER.read_campaign(SIGNER.sign_campaign(token)) == token


@given(
    account_id=st.integers(1, 2**31 - 1), recipient_id=st.integers(0, 2**31 - 1), sending_id=st.integers(1, 2**31 - 1)
)
def test_the_token_of_an_address_survives_capitals_and_fits_a_local_part(account_id, recipient_id, sending_id):
    token = CampaignToken(account_id, recipient_id, sending_id)

    text = SIGNER.sign_address(Purpose.RETURN, token)

    assert len(text) <= 50
    assert SIGNER.read_address(Purpose.RETURN, text.upper()) == token


@given(text=st.text(max_size=60))
def test_garbage_is_no_token_of_an_address(text):
    with pytest.raises(InvalidToken):
        SIGNER.read_address(Purpose.RETURN, text)


def test_the_address_for_bounces_takes_nobody_off_a_list():
    token = CampaignToken(7, 8, 9)

    with pytest.raises(InvalidToken):
        SIGNER.read_address(Purpose.LEAVE_BY_MAIL, SIGNER.sign_address(Purpose.RETURN, token))


@given(st.sampled_from([Purpose.CAMPAIGN, Purpose.LEAVE, Purpose.PREFERENCES]), TOKENS)
def test_what_signs_for_one_recipient_after_the_other_signs_the_same(purpose, token):
    signer = SIGNER.for_recipients(purpose, token.account_id, *token.lists)

    text = signer.sign(spell_recipient(token.recipient_id))

    assert text.decode() == SIGNER.sign(purpose, token)


@given(st.sampled_from([Purpose.RETURN, Purpose.LEAVE_BY_MAIL]), st.builds(CampaignToken, NUMBERS, NUMBERS, NUMBERS))
def test_an_address_is_the_same_for_one_recipient_after_the_other(purpose, token):
    signer = SIGNER.for_recipients(purpose, token.account_id, token.sending_id)

    text = signer.sign_address(spell_recipient(token.recipient_id)).decode()

    assert text == SIGNER.sign_address(purpose, token)
    assert SIGNER.read_address(purpose, text.upper()) == token
    assert set(text) <= set(string.ascii_lowercase + "234567")
    assert len(text) <= 50


@given(st.integers(0, 2**40))
def test_a_recipient_is_spelt_as_every_number_is(number):
    assert spell_recipient(number) == _varint(number)
