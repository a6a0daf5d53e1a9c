"""Whatever strangers send: a code or a page, never another status, and never an accident (contract 9.1)."""

from contextlib import contextmanager
from urllib.parse import quote

import pytest
import structlog
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from interfaces.frontend.calls import FORM, Site, code_of, location_of, routed

ADA = "ada@example.com"
CODES_OF = {
    "xmlsubscribe.aspx": {0, 1, 2, 3},
    "xmlchksubscriber.aspx": {1, 2, 3, 4},
    "xmlunsubscribe.aspx": {0, 1, 3},
    "xmlupdsubscriber.aspx": {0, 1},
}
ERROR = "/frontend/landing/error"
MULTIPART = "multipart/form-data; boundary=x"


@contextmanager
def no_accident():
    """Fail if something is logged: a page that stumbles answers 1 as well."""
    with structlog.testing.capture_logs() as logs:
        yield
    assert logs == []


MUCH = {
    "10,000 parameters": b"&".join(b"p%d=1" % number for number in range(10_000)),
    "10,000 ampersands": b"&" * 10_000,
    "10,000 lists": b"email=ada@example.com&list=" + b",".join(b"%d" % number for number in range(1, 10_001)),
    "10,000 unknown lists of one number": b"email=ada@example.com&list=" + b"7," * 10_000,
    "1,001 check boxes": b"email=ada@example.com" + b"&list=1" * 1_001,
    "10,000 groups": b"email=ada@example.com&list=1&group=" + b",".join(b"%d" % number for number in range(1, 10_001)),
}


@pytest.mark.parametrize("much", MUCH)
async def test_too_much_is_a_failure(site: Site, much):
    with no_accident():
        for page in CODES_OF:
            response = await site.request("POST", page, content=MUCH[much], headers={"content-type": FORM})
            assert code_of(response) == 1
        response = await site.request("POST", "subscribe.aspx", content=MUCH[much], headers={"content-type": FORM})

    assert location_of(response).startswith(ERROR)
    assert site.recipient(ADA) is None


@pytest.mark.parametrize("kind", [FORM, MULTIPART])
async def test_a_body_over_a_megabyte_is_not_read(site: Site, kind):
    body = b"list=1&email=ada@example.com&confirm=0&source=" + b"x" * 1_048_576

    with no_accident():
        responses = [
            await site.request("POST", page, content=body, headers={"content-type": kind})
            for page in (*CODES_OF, "subscribe.aspx")
        ]

    assert [code_of(response) for response in responses[:-1]] == [1] * len(CODES_OF)
    assert location_of(responses[-1]) == ERROR
    assert {response.headers["connection"] for response in responses} == {"close"}
    assert site.recipient(ADA) is None


async def test_a_body_over_a_megabyte_is_noticed_without_its_length(site: Site):
    async def pieces():
        for _ in range(40):
            yield b"x" * 32_768

    with no_accident():
        response = await site.request("POST", "xmlSubscribe.aspx", content=pieces())

    assert (code_of(response), response.headers["connection"]) == (1, "close")


async def test_a_body_of_a_megabyte_is_read(site: Site):
    start = b"list=1&email=ada@example.com&confirm=0&retCode=1&source="

    response = await site.request(
        "POST", "xmlSubscribe.aspx", content=start + b"x" * (1_048_576 - len(start)), headers={"content-type": FORM}
    )

    assert code_of(response) == 0


# What each hostile value of a parameter comes to in a call that is sound without it.
HOSTILE = {
    ("email", "ada\0@example.com"): 0,
    ("email", "ada@example.com\0"): 0,
    ("email", "ada@example.com\r\nBcc: eve@example.com"): 2,
    ("email", "ada@exam\nple.com"): 2,
    ("email", "<script>alert(1)</script>@example.com"): 2,
    ("email", "ada@example.com' OR '1'='1"): 2,
    ("email", "é" * 100_000): 2,
    ("email", "a." * 50_000 + "@example.com"): 2,
    ("email", "ada@" + "a-" * 50_000): 2,
    ("sms", "9" * 100_000): 2,
    ("sms", "+" * 100_000): 2,
    ("sms", "٣٣٣١٢٣٤٥٦٧"): 2,
    ("list", "9" * 100_000): 1,
    ("list", "1" + "0" * 30): 1,
    ("list", "1; DROP TABLE lists"): 1,
    ("list", "²"): 1,
    ("group", "9" * 100_000): 0,
    ("group", "1; DROP TABLE groups"): 0,
    ("confirm", "0" * 100_000): 0,
    ("csvFldNames", "campo" + "9" * 100_000): 0,
    ("csvFldNames", "campo²"): 0,
    ("ConfirmListID", "9" * 100_000): 0,
    ("name", "Ada\r\nBcc: eve@example.com"): 0,
    ("name", "\ud7ff\U0010ffff" * 10_000): 0,
    ("source", "\r\nSet-Cookie: a=b"): 0,
    ("dynsndname", "Bob\r\nBcc: eve@example.com"): 0,
    ("dynsndmail", "bob@shop.example\r\nBcc: eve@example.com"): 0,
    ("lang", "../../../etc/passwd"): 0,
    ("lang", "it\r\nSet-Cookie: a=b"): 0,
    ("prefix", "x" * 100_000): 0,
}


async def test_a_hostile_value_gets_the_documented_code(site: Site):
    codes = {}

    with no_accident():
        for number, (name, value) in enumerate(HOSTILE):
            sound = {"list": "1", "email": f"{number}@example.com", "retCode": "1"}
            response = await site.request("POST", "xmlSubscribe.aspx", data={**sound, name: value})
            codes[name, value] = code_of(response)

    assert codes == HOSTILE


async def test_no_header_of_an_answer_is_made_by_its_caller(site: Site):
    attack = "\r\nSet-Cookie: a=b\r\n\r\n<script>"

    with no_accident():
        responses = [
            await site.request(
                method,
                "subscribe.aspx",
                params={"list": "1" + attack, "lang": "it" + attack, "email": ADA + attack, "confirm": attack},
            )
            for method in ("GET", "POST")
        ]

    assert [location_of(response) for response in responses] == [ERROR, ERROR]
    assert not any("set-cookie" in response.headers or "script" in response.text for response in responses)


ODD_OCTETS = (
    b"%00", b"%ff", b"%u0000", b"%uD800", b"%C3%28", b"\x00", b"\xff", b"%", b"%u", b"+", b"--", b";", b",", b"\r\n",
)  # fmt: skip
NAMES = (
    b"list", b"email", b"sms", b"group", b"confirm", b"retCode", b"csvFldNames", b"csvFldValues", b"ListGuid",
    b"ConfirmListID", b"Replace", b"number", b"prefix", b"campo1", b"campo999999", b"lang", b"name", b"dynsndmail",
)  # fmt: skip
VALUES = st.one_of(
    st.binary(max_size=12),
    st.lists(st.sampled_from([*ODD_OCTETS, b"1", b"2", b"0", b"campo1", b"ada@example.com", b"333"]), max_size=4).map(
        b"".join
    ),
    st.sampled_from([b"1", b"1,2", b"ada@example.com", b"3331234567", b"campo1;campo2", b"Ada;King", b"GUID"]),
)
PAIRS = st.lists(st.tuples(st.sampled_from(NAMES), VALUES), max_size=8).map(
    lambda pairs: b"&".join(b"%b=%b" % pair for pair in pairs)
)
OCTETS = st.one_of(PAIRS, st.binary(max_size=80))
KINDS = st.sampled_from([FORM, MULTIPART, "", "application/json", "text/plain; charset=x", "multipart/form-data"])
HEADERS = st.dictionaries(
    st.sampled_from([b"referer", b"user-agent", b"accept", b"accept-language", b"x-forwarded-for"]),
    st.one_of(st.binary(max_size=30), st.sampled_from([b"http://[", b"it;q=x", b"*/*;q=0", b"::1%eth0"])),
    max_size=3,
)


async def call(site: Site, page: str, query: bytes, body: bytes, headers: list[tuple[bytes, bytes]]):
    """Call the application as a server does that takes any octet; return status, headers and body."""
    answer: list[dict] = []
    asked = iter([{"type": "http.request", "body": body, "more_body": False}])
    scope = {
        "type": "http",
        "method": "POST" if body else "GET",
        "scheme": "http",
        "path": f"/frontend/{page}",
        "query_string": query,
        "client": ("192.0.2.7", 4711),
        "headers": [(b"host", site.account.host.encode()), (b"content-length", b"%d" % len(body)), *headers],
    }

    async def receive():
        return next(asked)

    async def send(message):
        answer.append(message)

    await routed(site.platform)(scope, receive, send)
    start, content = answer
    return start["status"], dict(start["headers"]), content["body"]


@pytest.mark.parametrize("page", [*CODES_OF, "subscribe.aspx"])
@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(sent=(b"list=1&email=ada@example.com&csvFldNames=1&csvFldValues=%00", b"", FORM, {b"referer": b"http://["}))
@example(sent=(b"list=1&email=ada@example.com", b"--x\r\nContent-Disposition: form-data; name=a\r\n", MULTIPART, {}))
@given(sent=st.tuples(OCTETS, OCTETS, KINDS, HEADERS))
async def test_any_octets_get_a_documented_answer(site: Site, page, sent):
    guid = site.mailing_list().guid.encode()
    query, body = (octets.replace(b"GUID", guid) for octets in sent[:2])

    with no_accident():
        status, answered, text = await call(
            site, page, query, body, [(b"content-type", sent[2].encode()), *sent[3].items()]
        )

    if page == "subscribe.aspx":
        assert status == 302
        assert answered[b"location"].startswith(b"/frontend/landing/")
        assert answered[b"location"].isascii()
        assert quote(answered[b"location"], safe="/?=&") == answered[b"location"].decode()
    else:
        assert status == 200
        is_code = text.endswith(b"\r\n") and int(text) in CODES_OF[page]
        assert is_code or (page == "xmlsubscribe.aspx" and text.decode()[0].isalpha())
