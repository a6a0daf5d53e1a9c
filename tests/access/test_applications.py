import re

import pytest

from access.accessing import make_application
from staffetta.access import (
    Application,
    ApplicationBlocked,
    ApplicationExists,
    UnknownApplication,
    accepts_redirect,
    add_application,
    add_demo_application,
    authenticate_application,
    block_application,
    blocked_accounts,
    get_application,
    is_blocked,
    list_applications,
    unblock_application,
)
from staffetta.access.queries import find_application
from staffetta.accounts import UnknownAccount
from staffetta.errors import InvalidArgument
from trying import NOON

GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def test_an_application_gets_guids_and_is_found_as_it_was_made(connection):
    new = add_application(
        connection,
        "  Shop ",
        client_id=None,
        client_secret=None,
        redirect_uris=("https://shop.example/callback",),
        features=("ResponsiveEditor",),
        now=NOON,
    )

    assert GUID.fullmatch(new.application.client_id)
    assert GUID.fullmatch(new.client_secret)
    assert new.application == Application(
        client_id=new.application.client_id,
        name="Shop",
        redirect_uris=("https://shop.example/callback",),
        features=("ResponsiveEditor",),
    )
    assert get_application(connection, new.application.client_id) == new.application


def test_an_application_keeps_what_was_chosen_by_hand_and_only_the_digest_of_its_secret(connection):
    new = make_application(connection, client_id="staffetta-client", client_secret="staffetta-secret")

    assert (new.application.client_id, new.client_secret) == ("staffetta-client", "staffetta-secret")
    assert b"staffetta-secret" not in bytes(find_application(connection, "staffetta-client").secret_hash)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": " "},
        {"name": "n" * 101},
        {"name": "a\nb"},
        {"client_id": ""},
        {"client_id": "two words"},
        {"client_id": "a\x00b"},
        {"client_id": "c" * 101},
        {"client_secret": "1234567"},
        {"client_secret": "with blank"},
        {"redirect_uris": ("https://ok.example", "javascript:alert(1)")},
        {"redirect_uris": ("/callback",)},
    ],
)
def test_what_cannot_be_an_application_is_refused(connection, wrong):
    with pytest.raises(InvalidArgument):
        make_application(connection, **wrong)


def test_a_client_id_is_given_once(connection):
    make_application(connection, client_id="shop")

    with pytest.raises(ApplicationExists):
        make_application(connection, client_id="shop")


def test_applications_are_listed_by_name(connection):
    make_application(connection, name="Zoo")
    make_application(connection, name="Ark")

    assert [each.name for each in list_applications(connection)] == ["Ark", "Zoo"]


@pytest.mark.parametrize("client_id", ["", "unknown", "a b", "a\x00b", "\udcff", "c" * 101, "ïd"])
def test_an_application_that_there_is_not_is_unknown(connection, client_id):
    with pytest.raises(UnknownApplication):
        get_application(connection, client_id)
    with pytest.raises(UnknownApplication):
        authenticate_application(connection, client_id, "secret")


def test_an_application_proves_itself_by_its_own_secret_alone(connection):
    shop, other = make_application(connection), make_application(connection)
    client_id = shop.application.client_id

    assert authenticate_application(connection, client_id, shop.client_secret) == shop.application
    for wrong in ("", other.client_secret, shop.client_secret.upper(), shop.client_secret + " ", "\udcff"):
        with pytest.raises(UnknownApplication):
            authenticate_application(connection, client_id, wrong)


def test_an_application_blocked_for_everybody_proves_nothing_until_it_is_unblocked(connection, shop, client_id, ours):
    block_application(connection, client_id, account_id=None, now=NOON)
    block_application(connection, client_id, account_id=None, now=NOON.replace(hour=13))

    blocked = get_application(connection, client_id)
    assert blocked.blocked_at == NOON
    assert is_blocked(connection, blocked, ours)
    with pytest.raises(ApplicationBlocked):
        authenticate_application(connection, client_id, shop.client_secret)
    with pytest.raises(UnknownApplication):
        authenticate_application(connection, client_id, "not its secret")

    unblock_application(connection, client_id, account_id=None)
    assert authenticate_application(connection, client_id, shop.client_secret) == shop.application


def test_an_application_is_blocked_for_one_account_and_for_no_other(connection, shop, client_id, ours, theirs):
    block_application(connection, client_id, account_id=ours, now=NOON)
    block_application(connection, client_id, account_id=ours, now=NOON)

    assert is_blocked(connection, shop.application, ours)
    assert not is_blocked(connection, shop.application, theirs)
    assert blocked_accounts(connection) == {client_id: (ours,)}
    assert authenticate_application(connection, client_id, shop.client_secret) == shop.application

    unblock_application(connection, client_id, account_id=theirs)
    assert is_blocked(connection, shop.application, ours)
    unblock_application(connection, client_id, account_id=ours)
    assert not is_blocked(connection, shop.application, ours)


def test_only_what_exists_is_blocked(connection, client_id):
    with pytest.raises(UnknownApplication):
        block_application(connection, "unknown", account_id=None, now=NOON)
    with pytest.raises(UnknownApplication):
        unblock_application(connection, "unknown", account_id=None)
    with pytest.raises(UnknownAccount):
        block_application(connection, client_id, account_id=2**31 - 1, now=NOON)


def test_the_demo_application_is_made_once(connection):
    made = add_demo_application(connection, now=NOON)

    assert made is not None
    assert made.application.name == "Demo"
    assert authenticate_application(connection, made.application.client_id, made.client_secret) == made.application
    assert add_demo_application(connection, now=NOON) is None


@pytest.mark.parametrize(
    ("registered", "uri", "accepted"),
    [
        ((), "https://shop.example/callback?x=1", True),
        ((), "http://localhost:8080/", True),
        ((), "myapp://callback", True),
        ((), "com.example.app:/callback", True),
        ((), "HTTPS://Shop.example", True),
        ((), "https://shop.example/città", True),
        ((), "", False),
        ((), "/callback", False),
        ((), "//evil.example/", False),
        ((), "shop.example/callback", False),
        ((), "http:", False),
        ((), "https:/evil.example", False),
        ((), "https://", False),
        ((), "https://:80/", False),
        ((), "https://[::1/", False),
        ((), "https://shop.example/#part", False),
        ((), "https://shop.example\\@evil.example", False),
        ((), "https://shop.example/\r\nSet-Cookie: a=b", False),
        ((), "https://shop.example/a b", False),
        ((), "https://shop.example/" + "a" * 2_000, False),
        ((), "javascript:alert(1)", False),
        ((), "JavaScript:alert(1)", False),
        ((), " javascript:alert(1)", False),
        ((), "data:text/html,x", False),
        ((), "vbscript:x", False),
        ((), "file:///etc/passwd", False),
        ((), "blob:https://shop.example/1", False),
        ((), "view-source:https://shop.example", False),
        (("https://shop.example/cb",), "https://shop.example/cb", True),
        (("https://shop.example/cb",), "https://shop.example/cb?shop=1&x=2", True),
        (("https://shop.example/cb", "my:/cb"), "my:/cb", True),
        (("https://shop.example/cb?a=1",), "https://shop.example/cb?a=1", True),
        (("https://shop.example/cb?a=1",), "https://shop.example/cb?a=2", False),
        (("https://shop.example/cb?a=1",), "https://shop.example/cb", False),
        (("https://shop.example/cb",), "https://shop.example/cb/evil", False),
        (("https://shop.example/cb",), "https://shop.example/cb.evil.example", False),
        (("https://shop.example/cb",), "http://shop.example/cb", False),
        (("https://shop.example/cb",), "https://shop.example.evil.example/cb", False),
        (("https://shop.example/cb",), "https://shop.example/cb#x", False),
    ],
)
def test_people_are_led_back_to_the_applications_own_addresses(registered, uri, accepted):
    application = Application(client_id="c", name="Shop", redirect_uris=registered)

    assert accepts_redirect(application, uri) is accepted
