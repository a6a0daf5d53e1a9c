import pytest
from hypothesis import given
from hypothesis import strategies as st

from staffetta.interfaces.oauth.redirects import (
    WrongRedirect,
    comparable,
    destination_of,
    leading_to,
    read_redirect_uri,
)

PLAIN = "https://shop.example/cb?a=1"


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        f"  {PLAIN} ",
        "https%3A%2F%2Fshop.example%2Fcb%3Fa%3D1",
        "https%253A%252F%252Fshop.example%252Fcb%253Fa%253D1",
    ],
)
def test_a_redirect_uri_is_decoded_until_it_has_a_scheme(text):
    assert read_redirect_uri(text) == PLAIN


def test_what_is_encoded_behind_the_scheme_stays_so():
    assert read_redirect_uri("https://shop.example/%2520?x=%26") == "https://shop.example/%2520?x=%26"


def test_an_application_of_its_own_scheme_is_led_to():
    assert read_redirect_uri("myapp:/cb") == "myapp:/cb"
    assert destination_of("myapp:/cb") == "myapp"
    assert destination_of("https://shop.example:8443/cb") == "shop.example:8443"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/cb",
        "//shop.example/cb",
        "shop.example/cb",
        "https%25253A%25252F%25252Fshop.example",
        "https://",
        "https:///cb",
        "https:shop.example",
        "https://shop.example\\@evil.example/",
        "https://shop.example@evil.example/",
        "https://shop.example:port/",
        "https://shop.example:0/",
        "https://[::1/",
        "https://shop.example/\r\nSet-Cookie: a=b",
        "https%3A%2F%2Fshop.example%2F%0D%0ASet-Cookie%3A%20a=b",
        "java\tscript:alert(1)",
        "https://shop.example/ x",
        f"https://shop.example/{'x' * 2000}",
    ],
)
def test_nobody_is_led_to_what_is_no_address(text):
    with pytest.raises(WrongRedirect):
        read_redirect_uri(text)


@pytest.mark.parametrize(
    ("uri", "told"),
    [
        ("https://a.example/cb", "https://a.example/cb?code=X"),
        ("https://a.example/cb?", "https://a.example/cb?code=X"),
        ("https://a.example/cb?b=1", "https://a.example/cb?b=1&code=X"),
        ("https://a.example/cb?b=1&", "https://a.example/cb?b=1&code=X"),
        ("https://a.example/cb?b=1#c", "https://a.example/cb?b=1&code=X#c"),
        ("myapp://cb", "myapp://cb?code=X"),
    ],
)
def test_an_answer_is_added_to_the_query(uri, told):
    assert leading_to(uri, code="X") == told


@pytest.mark.parametrize(
    ("uri", "compared"),
    [
        ("https://a.example/cb?code=1&token_type=bearer&expires_in=3600&state=x", "https://a.example/cb"),
        ("https://a.example/cb?b=1&CODE=1&state=x", "https://a.example/cb?b=1"),
        ("https://a.example/cb?", "https://a.example/cb"),
        ("https://a.example/cb#x", "https://a.example/cb"),
        ("https://a.example/cb?coder=1", "https://a.example/cb?coder=1"),
    ],
)
def test_what_an_answer_adds_is_not_compared(uri, compared):
    assert comparable(uri) == compared


@given(st.text(max_size=60), st.text(max_size=30))
def test_whatever_is_read_can_stand_in_a_header(text, state):
    try:
        uri = read_redirect_uri(f"https://shop.example/{text}")
    except WrongRedirect:
        return

    led = leading_to(uri, state=state)

    assert not set(led) & set("\r\n\0\\ ")
    assert comparable(comparable(led)) == comparable(led)
