"""The `mailupy` package, unchanged, against the real process: a client that other people wrote and use."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from mailupy import Mailupy, MailupyRequestException

from scenarios.conftest import empty_postgresql
from scenarios.process import Server, until

pytestmark = pytest.mark.slow

ADA = "ada@example.com"
GRACE = "grace@example.com"
NOBODY = "nobody@example.com"
PEOPLE = [f"p{number:02}@example.com" for number in range(45)]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def platform_server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running server of each kind, without rate limits."""
    url = "" if request.param == "sqlite" else empty_postgresql(request.getfixturevalue("postgresql_url"))
    yield from running(tmp_path_factory.mktemp("mailupy"), database=url, limits="off")


def running(folder: Path, **settings: str) -> Iterator[Server]:
    server = Server(folder, **settings).start()
    yield server
    server.close()
    log = server.log.read_text("utf-8")
    assert "@" not in log
    assert "Traceback" not in log


def client_of(server: Server) -> Callable[..., Mailupy]:
    """Return the client's class with our addresses in place of the two that it has written in."""

    class Client(Mailupy):
        AUTH_URL = f"{server.url}/Authorization/OAuth/Token"
        BASE_URL = f"{server.url}/API/v1.1/Rest/ConsoleService.svc/Console"

    return Client


def log_in(server: Server, **changed: str) -> Mailupy:
    ready = server.ready
    given = {
        "username": ready["console_user"],
        "password": ready["password"],
        "client_id": ready["client_id"],
        "client_secret": ready["client_secret"],
    }
    return client_of(server)(**{**given, **changed})


@pytest.fixture(scope="module")
def mailup(platform_server: Server) -> Mailupy:
    return log_in(platform_server)


@pytest.fixture
def list_id(platform_server: Server, request: pytest.FixtureRequest) -> int:
    """A list of the test's own."""
    return int(platform_server.command("list", "add", request.node.originalname[:50])["id"])


def refusal(call: Callable[[], Any]) -> str:
    with pytest.raises(MailupyRequestException) as raised:
        call()
    return str(raised.value)


@pytest.mark.parametrize("wrong", ["username", "password", "client_id", "client_secret"])
def test_wrong_credentials_are_told_and_asked_for_once(platform_server, wrong):
    told = refusal(lambda: log_in(platform_server, **{wrong: "wrong"}))

    assert told.startswith("Error 400")
    assert "Invalid credentials" in told


def test_the_api_user_logs_in_as_the_console_user_does(platform_server):
    mailup = log_in(platform_server, username=platform_server.ready["api_user"])

    assert mailup.login() is True


def test_an_access_token_that_is_no_good_is_renewed_and_the_call_repeated(platform_server):
    mailup = log_in(platform_server)
    mailup._token = "expired"  # what an access token that has expired looks like to the client

    fields = list(mailup.get_fields())

    assert len(fields) == 40
    assert mailup._token != "expired"


def test_fields_come_page_by_page_each_once(mailup):
    fields = list(mailup.get_fields())

    assert [field["Id"] for field in fields] == list(range(40, 0, -1))
    assert [field["Description"] for field in mailup.get_fields(order_by=["Id asc"])][:2] == ["nome", "cognome"]
    assert [field["Id"] for field in mailup.get_fields(filter_by="Description.Contains('nome')")] == [2, 1]


def test_groups_are_found_or_made(mailup, list_id):
    made, is_new = mailup.get_or_create_group(list_id, "Farm")
    again = mailup.get_or_create_group(list_id, "Farm")
    other = mailup.create_group(list_id, "Garden", notes="Herbs")

    assert (is_new, again) == (True, (made, False))
    assert {**other, "idGroup": 0} == {
        "Count": None,
        "Deletable": True,
        "Name": "Garden",
        "Notes": "Herbs",
        "idGroup": 0,
        "idList": list_id,
    }
    assert [group["Name"] for group in mailup.get_groups_from_list(list_id, filter_by="Name.Contains('Far')")] == [
        "Farm"
    ]
    names = [group["Name"] for group in mailup.get_groups_from_list(list_id, order_by=["Name asc"])]
    assert names == sorted(names)
    assert len(names) == 5


def test_a_recipient_is_subscribed_found_changed_and_let_go(mailup, list_id):
    recipient_id = mailup.subscribe_to_list(list_id, "Ada Lovelace", ADA, fields={"nome": "Ada", "unknown": "x"})
    found = mailup.get_subscribed_recipient_from_list(list_id, ADA)
    again = mailup.subscribe_to_list(list_id, "Ada Lovelace", ADA)
    changed = mailup.update_customer_fields("Ada King", ADA, fields={"cognome": "King"})

    assert type(recipient_id) is int
    assert (found["idRecipient"], found["Email"], found["Name"]) == (recipient_id, ADA, "Ada Lovelace")
    assert found["Fields"][0] == {"Description": "nome", "Id": 1, "Value": "Ada"}
    assert again == recipient_id
    assert [field["Value"] for field in changed["Fields"][:2]] == ["Ada", "King"]
    assert (len(changed["Fields"]), changed["Name"], changed["MobileNumber"]) == (40, "Ada King", None)

    assert mailup.unsubscribe_from_list(list_id, recipient_id) is True
    assert mailup.get_subscribed_recipient_from_list(list_id, ADA) is None
    assert mailup.get_unsubscribed_recipient_from_list(list_id, ADA)["idRecipient"] == recipient_id
    assert [each["idRecipient"] for each in mailup.get_unsubscribed_recipients_from_list(list_id)] == [recipient_id]
    assert mailup.get_recipient_from_list(list_id, ADA)["Status"] == "OPTOUT"

    assert mailup.remove_from_list(list_id, recipient_id) is True
    assert list(mailup.get_recipients_from_list(list_id)) == []
    assert mailup.remove_from_list("all", recipient_id) is True
    assert "404" in refusal(lambda: mailup.update_customer_fields("Ada", ADA))


def test_who_is_to_confirm_is_mailed_and_is_on_the_list_after_that(platform_server, mailup, list_id):
    mailup.subscribe_to_list(list_id, "Grace", GRACE, pending=True)

    assert mailup.get_subscribed_recipient_from_list(list_id, GRACE) is None
    assert mailup.get_recipient_from_list(list_id, GRACE)["Status"] == "PENDING"
    [mail] = until(lambda: platform_server.caught(to=GRACE))
    assert mail["kind"] == "confirmation"


def test_a_group_is_filled_read_and_emptied(mailup, list_id):
    group_id, _ = mailup.get_or_create_group(list_id, "Farm")
    recipient_id = mailup.subscribe_to_group(group_id, "Ada", "group.ada@example.com", fields={"nome": "Ada"})

    assert [each["idRecipient"] for each in mailup.get_recipients_from_group(group_id)] == [recipient_id]
    assert mailup.get_recipient_from_group(group_id, "group.ada@example.com")["Name"] == "Ada"
    assert mailup.get_recipient_from_group(group_id, NOBODY) is None
    assert mailup.unsubscribe_from_group(group_id, recipient_id) is True
    assert list(mailup.get_recipients_from_group(group_id)) == []
    assert mailup.get_subscribed_recipient_from_list(list_id, "group.ada@example.com")["idRecipient"] == recipient_id


def test_forty_five_people_come_back_whole_over_pages(mailup, list_id):
    for email in PEOPLE:
        mailup.subscribe_to_list(list_id, "Page", email)

    by_address = [each["Email"] for each in mailup.get_subscribed_recipients_from_list(list_id, order_by=["Email asc"])]
    by_id = [each["idRecipient"] for each in mailup.get_recipients_from_list(list_id)]
    two_terms = mailup.get_subscribed_recipients_from_list(list_id, order_by=["Name asc", "Email desc"])

    assert by_address == PEOPLE
    assert len(set(by_id)) == len(PEOPLE)
    assert by_id == sorted(by_id, reverse=True)
    assert [each["Email"] for each in two_terms] == PEOPLE[::-1]


def test_messages_are_listed_though_there_are_none(mailup, list_id):
    assert list(mailup.get_messages_from_list(list_id)) == []
    assert list(mailup.get_messages_from_list(list_id, tags=["spring", "sale"])) == []


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda mailup: list(mailup.get_groups_from_list(99_999_999)), "Error 404"),
        (lambda mailup: list(mailup.get_subscribed_recipients_from_list(1, filter_by="Colour=='red'")), "Colour"),
        (lambda mailup: list(mailup.get_fields(order_by=["Colour asc"])), "Colour"),
        (lambda mailup: mailup.subscribe_to_list(1, "Bad", "not-an-address"), "Error 400"),
        (lambda mailup: mailup.unsubscribe_from_list(1, 2**31 - 1), "Error 404"),
        (lambda mailup: mailup.create_group(1, ""), "Error 400"),
    ],
)
def test_a_refusal_is_json_that_the_client_can_show(mailup, call, words):
    told = refusal(lambda: call(mailup))

    assert words in told
    assert "ErrorDescription" in told


def test_calls_one_after_the_other_are_slowed_down_and_never_refused(tmp_path):
    """The client answers a 429 at once with the same call, however often: it must not see one."""
    for server in running(tmp_path / "limited"):
        mailup = log_in(server)

        for _ in range(8):
            assert mailup.get_subscribed_recipient_from_list(1, NOBODY) is None

        refused = 'staffetta_rest_answers_total{endpoint="R11",status="429"}'
        assert refused not in server.get("/metrics").text
