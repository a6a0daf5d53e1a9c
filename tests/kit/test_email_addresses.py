import string

import pytest
from email_validator import validate_email
from hypothesis import example, given
from hypothesis import strategies as st

from staffetta.errors import InvalidArgument
from staffetta.kit.addresses import PLAIN, EmailAddress


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("ada@example.org", "ada@example.org"),
        ("  Ada.Lovelace@Example.ORG \r\n", "ada.lovelace@example.org"),
        ("ada+news_1@mail-1.example.org", "ada+news_1@mail-1.example.org"),
        ("o'brien@example.org", "o'brien@example.org"),
        ("a/b=c!d#e$f%g&h*i?j^k`l{m|n}o~p@example.org", "a/b=c!d#e$f%g&h*i?j^k`l{m|n}o~p@example.org"),
        ("ada@xn--bcher-kva.example", "ada@bücher.example"),
        ("ada@BÜCHER.example", "ada@bücher.example"),
        ("josé@example.org", "josé@example.org"),
        ("JOSÉ@example.org", "josé@example.org"),
        ("用户@例子.广告", "用户@例子.广告"),
        ("-@example.org", "-@example.org"),
        (f"{'a' * 64}@example.org", f"{'a' * 64}@example.org"),
        ("ada@localhost.localdomain", "ada@localhost.localdomain"),
    ],
)
def test_an_address_is_read_as_people_type_it(text, parsed):
    assert EmailAddress.parse(text).text == parsed


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "ada",
        "@example.org",
        "ada@",
        "ada@example",
        "ada@localhost",
        "ada@@example.org",
        "ada@exam ple.org",
        "ada lovelace@example.org",
        ".ada@example.org",
        "ada.@example.org",
        "a..da@example.org",
        "ada@.example.org",
        "ada@example..org",
        "ada@-example.org",
        "ada@example-.org",
        "ada@example.org.",
        "ada@exa_mple.org",
        "ada@127.0.0.1",
        "ada@[127.0.0.1]",
        "ada@xn--.org",
        "ada@xn--a.org",
        '"ada lovelace"@example.org',
        "Ada <ada@example.org>",
        "ada@example.org, bob@example.org",
        "ada@example.org\nBcc: bob@example.org",
        "ada\x00@example.org",
        "ada@exam\u202eple.org",
        "ada\ud800@example.org",
        f"{'a' * 65}@example.org",
        f"ada@{'a' * 64}.org",
        f"ada@{'.'.join(['a' * 60] * 5)}.org",
    ],
)
def test_what_is_no_address_is_refused(text):
    with pytest.raises(InvalidArgument):
        EmailAddress.parse(text)


def test_an_address_knows_its_domain_and_whether_old_servers_take_it():
    plain, international = EmailAddress.parse("ada@example.org"), EmailAddress.parse("ada@bücher.example")

    assert (plain.domain, plain.is_ascii, str(plain)) == ("example.org", True, "ada@example.org")
    assert (international.domain, international.is_ascii) == ("bücher.example", False)


_LOCAL = st.text(alphabet="ab09._+-", min_size=1, max_size=66)
_LABEL = st.text(alphabet="az09x-n", min_size=1, max_size=64)
_ALMOST_PLAIN = st.builds(
    lambda local, labels, top: f"{local}@{'.'.join([*labels, top])}",
    _LOCAL,
    st.lists(_LABEL, min_size=1, max_size=6),
    st.text(alphabet="abz", min_size=1, max_size=26),
)


@given(_ALMOST_PLAIN)
@example("a@b.cd")
@example("_@0.aa")
@example("a+b-c.d@1-2.3-4.museum")
@example("a@xn--a.com")
@example(f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 58}.{'e' * 2}")
@example(f"{'a' * 65}@b.cd")
@example(f"a@{'b' * 64}.cd")
def test_the_fast_pattern_accepts_nothing_that_the_full_validator_refuses(text):
    is_plain = len(text) <= 254 and PLAIN.fullmatch(text)

    if is_plain:
        valid = validate_email(text, check_deliverability=False, globally_deliverable=False, strict=True)
        assert EmailAddress.parse(text).text == valid.normalized


_ODD = st.text(alphabet=string.ascii_letters + string.digits + ".-_+@ éß用\u202e\x00'\"<>[]", max_size=40)


@given(st.one_of(_ODD, st.text(max_size=40), st.builds("{}@{}.example".format, _ODD, _ODD)))
def test_what_was_read_is_read_the_same_again(text):
    try:
        address = EmailAddress.parse(text)
    except InvalidArgument:
        return

    assert EmailAddress.parse(address.text) == address
    assert not set("\r\n\x00 ") & set(address.text)
