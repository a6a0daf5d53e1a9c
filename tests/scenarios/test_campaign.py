"""A campaign on the real process and over a real relay: from the launch over REST to the figures, whatever happens."""

import re
import signal
from typing import Any

import pytest

from scenarios.process import Server, until
from scenarios.relay import MailServer
from staffetta.outbox import DeliveryState

FIREFOX = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"}
CONSOLE = "/API/v1.1/Rest/ConsoleService.svc/Console"
STATISTICS = "/API/v1.1/Rest/MailStatisticsService.svc/Message"
CONTENT = '<p>Hello [nome], <a href="https://shop.example/?who=[nome]">look</a></p>'


class Shop:
    """An integrator of the demo account, with a token."""

    def __init__(self, server: Server) -> None:
        self.server = server
        ready = server.ready
        given = {name: ready[name] for name in ("client_id", "client_secret", "password")}
        form = {"grant_type": "password", "username": ready["api_user"], **given}
        self.token = server.post("/Authorization/OAuth/Token", data=form).json()["access_token"]

    def call(self, method: str, path: str, body: object = None) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"}
        answer = self.server.request(method, path, headers=headers, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json() if answer.content else None

    def subscribe(self, *names: str) -> None:
        for name in names:
            body = {"Email": f"{name}@example.com", "Fields": [{"Id": 1, "Value": name.title()}]}
            self.call("POST", f"{CONSOLE}/List/1/Recipient", body)

    def send(self, **query: str) -> tuple[int, int]:
        """Write a message and send it; return the numbers of message and sending."""
        body = {"Subject": "Ciao [nome]", "Content": CONTENT, "UseDynamicField": True}
        message = self.call("POST", f"{CONSOLE}/List/1/Email", body)["idMessage"]
        query_string = "".join(f"&{name}={value}" for name, value in query.items())
        return message, self.call("POST", f"{CONSOLE}/List/1/Email/{message}/Send?{query_string}")["Id"]

    def figure(self, message: int, name: str) -> Any:
        found = self.call("GET", f"{STATISTICS}/{message}/{name}")
        return found if isinstance(found, int) else found["Items"]

    def states(self) -> dict[str, tuple[str, int]]:
        """Return by address what became of the newest sending's mail: its state, and how often it was tried."""
        rows = self.server.rows(
            "SELECT r.email, d.state, d.attempts FROM campaign_deliveries d JOIN recipients r"
            " ON r.account_id = d.account_id AND r.id = d.recipient_id"
            " WHERE d.sending_id = (SELECT max(sending_id) FROM campaign_deliveries)"
        )
        return {
            email.partition("@")[0]: (DeliveryState(state).name.lower(), attempts) for email, state, attempts in rows
        }

    def has_ended(self, sending: int) -> bool:
        return self.server.rows(f"SELECT ended_at IS NOT NULL FROM sendings WHERE id = {sending}") in (
            [(1,)],
            [(True,)],
        )


@pytest.fixture
def shop(make_server: Any, database_url: str, relay: MailServer) -> Shop:
    return Shop(make_server(database=database_url, relays=relay.relay(connections=2), in_doubt_window="8").start())


def test_a_campaign_goes_out_and_everybody_has_a_row_that_says_what_happened(shop, relay):
    relay.answers_to_rcpt |= {"bob": "550 5.1.1 nobody of this name", "cay": "450 4.2.0 not now"}
    relay.answers_to_data["dan"] = "554 5.7.1 looks like spam"
    shop.subscribe("ada", "bob", "cay", "dan")

    message, _ = shop.send()
    until(lambda: len(shop.states()) == 4 and not any(state == "talking" for state, _ in shop.states().values()))

    assert shop.states() == {"ada": ("sent", 1), "bob": ("failed", 1), "cay": ("deferred", 1), "dan": ("failed", 1)}
    [mail] = relay.to("ada@example.com")
    assert (mail.message["Subject"], "Hello Ada" in mail.text) == ("Ciao Ada", True)
    assert mail.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert shop.server.status("bob@example.com") == "3"
    assert shop.server.status("dan@example.com") == "2"
    until(lambda: shop.figure(message, "Count/Bounces") == 2)
    bounced = {each["Email"]: each["Type"] for each in shop.figure(message, "List/Bounces")}
    assert bounced == {"bob@example.com": "Hard", "dan@example.com": "Soft"}
    assert shop.figure(message, "Count/Recipients") == 4


def test_opens_clicks_and_leaving_are_counted(shop, relay):
    shop.subscribe("ada", "bob")
    message, sending = shop.send()
    until(lambda: shop.has_ended(sending))
    [mail] = relay.to("ada@example.com")
    html = mail.message.get_body(("html",)).get_content()
    follow, pixel = (re.search(rf'http://[^"]+/{kind}/[^"]+', html)[0] for kind in "ko")
    leave = mail.message["List-Unsubscribe"].partition("<")[2].partition(">")[0]

    until(lambda: shop.figure(message, "Count/Recipients") == 2)
    # Whoever opens a mail within two seconds of its delivery is taken for a program.
    until(lambda: shop.server.get(pixel, headers=FIREFOX).status_code == 200 and shop.figure(message, "Count/Views"))
    answer = shop.server.get(follow, headers=FIREFOX, follow_redirects=False)
    shop.server.post(leave, data={"List-Unsubscribe": "One-Click"})

    assert (answer.status_code, answer.headers["location"]) == (302, "https://shop.example/?who=Ada")
    until(lambda: shop.figure(message, "Count/Clicks") == 1)
    assert [each["Email"] for each in shop.figure(message, "List/Unsubscriptions")] == ["ada@example.com"]
    assert shop.server.status("ada@example.com") == "3"


def test_a_relay_that_is_away_for_a_while_costs_nobody_their_mail(shop, relay):
    shop.subscribe(*(f"person{number}" for number in range(20)))
    relay.__exit__(None, None, None)
    _, sending = shop.send()
    until(lambda: "relay unavailable" in shop.server.log.read_text("utf-8"))
    assert not shop.has_ended(sending)

    relay.__enter__()
    until(lambda: shop.has_ended(sending))

    assert sorted(each.recipient for each in relay.received) == sorted(f"person{n}@example.com" for n in range(20))


def test_a_relay_that_hangs_up_after_the_content_leaves_a_doubt_that_is_told_of(shop, relay):
    relay.drops_after_data.add("bob")
    shop.subscribe("bob")
    _, sending = shop.send()
    until(lambda: shop.states().get("bob") == ("in_doubt", 1))

    [doubt] = shop.server.command("sending", "doubt", sending)
    settled = shop.server.command("sending", "settle", sending, "--drop")

    assert doubt["email"] == "bob@example.com"
    assert settled == {"settled": 1, "state": "dropped"}
    assert shop.states() == {"bob": ("dropped", 1)}


def test_a_sending_that_drops_what_is_in_doubt_ends_without_it(shop, relay):
    relay.drops_after_data.add("bob")
    shop.subscribe("ada", "bob")

    _, sending = shop.send(inDoubt="drop")
    until(lambda: shop.has_ended(sending))

    assert shop.states() == {"ada": ("sent", 1), "bob": ("dropped", 1)}


def test_a_sending_that_is_stopped_goes_on_where_it_was_also_after_a_kill(shop, relay):
    relay.delay_seconds = 0.01
    people = [f"person{number}" for number in range(60)]
    shop.subscribe(*people)
    _, sending = shop.send()
    until(lambda: len(relay.received) > 5)

    shop.call("POST", f"{CONSOLE}/Email/Sendings/{sending}/Stop")
    until(lambda: not any(state == "talking" for state, _ in shop.states().values()))
    stopped_at = len(relay.received)
    shop.server.stop(signal.SIGKILL)
    shop.server.start()
    shop.call("POST", f"{CONSOLE}/Email/Sendings/{sending}/Immediate")
    until(lambda: shop.has_ended(sending))

    assert stopped_at < len(people)
    assert sorted(each.recipient for each in relay.received) == sorted(f"{each}@example.com" for each in people)


def test_a_launch_that_is_repeated_with_its_key_sends_once(shop, relay):
    shop.subscribe("ada")
    message, first = shop.send(onceKey="spring")
    again = shop.call("POST", f"{CONSOLE}/List/1/Email/{message}/Send?onceKey=spring")["Id"]
    until(lambda: shop.has_ended(first))

    assert again == first
    assert len(relay.to("ada@example.com")) == 1
