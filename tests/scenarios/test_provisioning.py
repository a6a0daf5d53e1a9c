"""An account that an application asks for, on the real process: from the request to the first list and sign-up."""

import re
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from scenarios.process import Server, until

pytestmark = pytest.mark.slow

PUBLIC = "/API/v1.1/Rest/PublicService.svc/Console"
CONSOLE = "/API/v1.1/Rest/ConsoleService.svc/Console"
CHOSEN = "four words of mine"
JSON = {
    "NameAndSurname": "Ada Rossi",
    "Company": "Bosco & Figli",
    "Email": "ada@example.com",
    "PhoneNumber": "0372 24525",
    "Language": "EN",
    "IpAddress": "198.51.100.7",
    "IsUSA": False,
    "RegisterToNewsletter": False,
}
XML = (
    '<TrialActivation xmlns="http://MailupSoa.Ws.Schema.API.Console"><Company>Neve</Company>'
    "<Email>bruno@example.com</Email><IpAddress>198.51.100.8</IpAddress><IsUSA>true</IsUSA><Language>it</Language>"
    "<NameAndSurname>Bruno Neve</NameAndSurname><PhoneNumber>0372</PhoneNumber>"
    "<RegisterToNewsletter>false</RegisterToNewsletter></TrialActivation>"
)
SENDER = {
    "Business": True,
    "Customer": True,
    "OwnerEmail": "ada@example.com",
    "ReplyTo": "",
    "NLSenderName": "Bosco",
    "CompanyName": "Bosco",
    "ContactName": "Ada",
    "Address": "Via Po 1",
    "City": "Cremona",
    "CountryCode": "IT",
    "PermissionReminder": "You signed up",
    "WebSiteUrl": "www.example.com",
}


@pytest.fixture
def application(server: Server) -> httpx.BasicAuth:
    """An application that may ask for accounts."""
    new = server.command("app", "add", "Shop")
    server.command("app", "grant", new["client_id"], "provisioning")
    return httpx.BasicAuth(new["client_id"], new["client_secret"])


class Person:
    """Somebody with a browser, on the console host of their account."""

    def __init__(self, server: Server, mail: Mapping[str, Any]) -> None:
        text = mail["text"]
        self.login = re.findall(r"^m[0-9]+$", text, re.MULTILINE)[0]
        self.one_time = re.findall(r"^(?:[a-z0-9]{4}-){3}[a-z0-9]{4}$", text, re.MULTILINE)[0]
        self.host = re.findall(r"http://([^/\s]+)/console", text)[0]
        self._server = server
        self._cookies: dict[str, str] = {}

    def submit(self, path: str, **values: str) -> httpx.Response:
        """Open a page and send its form; return where that leads."""
        page = self.request("GET", path)
        while page.status_code == 303:
            path = page.headers["location"]
            page = self.request("GET", path)
        ticket = re.findall(r'name="ticket" value="([^"]+)"', page.text)[-1]
        answer = self.request("POST", path, data={"ticket": ticket, **values})
        assert answer.status_code == 303, answer.text
        return answer

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        # The client keeps no cookies of hosts that it does not know; a browser knows this one.
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        answer = self._server.request(method, path, headers={"Host": self.host, "Cookie": cookies}, **options)
        for cookie in answer.headers.get_list("set-cookie"):
            name, _, value = cookie.partition(";")[0].partition("=")
            self._cookies[name] = value
        return answer

    def call(self, method: str, path: str, token: str, **options: Any) -> Any:
        headers = {"Host": self.host, "Authorization": f"Bearer {token}"}
        return self._server.request(method, CONSOLE + path, headers=headers, **options).json()


def token_of(server: Server, application: httpx.BasicAuth, login: str, password: str) -> httpx.Response:
    given = {"grant_type": "password", "username": login, "password": password}
    return server.post("/Authorization/OAuth/Token", data=given, auth=application)


def test_an_application_asks_for_an_account_and_its_owner_signs_in_and_works(server, application):
    asked = server.post(f"{PUBLIC}/TrialActivation", json=JSON, auth=application).json()
    until(lambda: code_of(server, application, asked) == 2)
    [mail] = until(server.caught)
    person = Person(server, mail)
    refused = token_of(server, application, person.login, person.one_time)

    to_password = person.submit("/console/sign-in", username=person.login, password=person.one_time)
    to_terms = person.submit(to_password.headers["location"], new=CHOSEN, repeat=CHOSEN)
    unsigned = token_of(server, application, person.login, CHOSEN)
    to_home = person.submit(to_terms.headers["location"], accepted="yes")
    home = person.request("GET", to_home.headers["location"])
    token = token_of(server, application, person.login, CHOSEN).json()["access_token"]
    made = person.call("POST", "/List", token, json={"Name": "News", "UseDefaultSettings": True, **SENDER})
    lists = person.call("GET", "/List", token)
    form = {"Host": person.host}
    signed_up = server.get(
        f"/frontend/xmlSubscribe.aspx?list={made['IdList']}&email=eve@example.com&retCode=1", headers=form
    )
    asking = until(lambda: [each for each in server.caught() if each["to"] == "eve@example.com"])

    assert (mail["to"], mail["kind"]) == ("ada@example.com", "credentials")
    assert (refused.status_code, unsigned.status_code) == (400, 400)
    assert (home.status_code, "Bosco &amp; Figli" in home.text) == (200, True)
    assert {each["Name"] for each in lists["Items"]} == {"Bosco & Figli", "News"}
    assert signed_up.text.strip() == "0"
    assert asking[0]["kind"] == "confirmation"
    assert token_of(server, application, f"a{person.login[1:]}", CHOSEN).status_code == 200


def test_an_account_is_asked_for_in_xml(server, application):
    headers = {"Content-Type": "application/xml"}
    answer = server.post(f"{PUBLIC}/TrialActivation", content=XML, headers=headers, auth=application)
    activation_hash, activation_id = re.findall(r"<Hash>(\w+)</Hash><Id>(\d+)</Id>", answer.text)[0]

    until(lambda: code_of(server, application, {"Hash": activation_hash, "Id": activation_id}) == 2)
    [mail] = until(server.caught)

    assert answer.headers["content-type"].startswith("application/xml")
    assert (mail["to"], "Bruno Neve" in mail["text"]) == ("bruno@example.com", True)


def code_of(server: Server, application: httpx.BasicAuth, asked: Mapping[str, Any]) -> int:
    return int(server.post(f"{PUBLIC}/TrialActivationStatus", json=dict(asked), auth=application).json()["Code"])
