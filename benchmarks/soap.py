"""Import over SOAP: lists as plugins ask for them on every page, and people in documents of 2,000."""

import http.client
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from statistics import median
from time import monotonic, perf_counter, sleep
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

from measuring.command import main
from measuring.databases import count
from measuring.figures import Fault, Figure
from measuring.installations import Installation, install
from measuring.loading import load
from measuring.plans import Plan
from staffetta.access import set_password
from staffetta.accounts import OPERATOR, Service, change_service, get_account
from staffetta.db import Database, Transaction, open_database, to_microseconds
from staffetta.kit.clock import utc_now
from staffetta.lists import add_list
from staffetta.lists.tables import groups
from staffetta.settings import Settings

BUDGETS: Mapping[str, float] = {"soap_lists_8": 300, "soap_import_call": 100, "soap_import": 25_000}
LISTS, GROUPS_OF_LIST = 100, 20
# What so many lists and groups come to, and how the answer ends.
LEAST_OCTETS = 100_000
END = "&lt;/Lists&gt;&lt;/mailupBody&gt;&lt;/mailupMessage&gt;</GetNlListsResult></GetNlListsResponse>"
END += "</soap:Body></soap:Envelope>"
ROWS_IN_CALL = 2_000
MOST_RUNS = 3
MOST_PEOPLE = 200_000
MOST_SECONDS = 200
PATH = "/Services/WSMailupImport.asmx"
PASSWORD = "Benchmark 7"
ENVELOPE = (
    '<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">'
    '<soap:Header><Authentication xmlns="http://ws.mailupnet.it/"><User>{user}</User><Password>{password}</Password>'
    '</Authentication></soap:Header><soap:Body><{name} xmlns="http://ws.mailupnet.it/">{members}</{name}></soap:Body>'
    "</soap:Envelope>"
)
# An import runs for this list, so the new one is stored; without a document: nothing is stored.
BUSY, NOTHING_STORED = "-601", "-401"
ALLOWED = {BUSY, NOTHING_STORED}
CODES = re.compile(r"ReturnCode&gt;(-?\d+)&lt;")


def measure(plan: Plan, budgets: Mapping[str, float] = BUDGETS) -> Iterator[Figure]:
    """Measure GetNlLists at eight connections, and imports from the first call to the last row."""
    yield _lists(plan, budgets)
    yield from _imports(plan, budgets)


def _lists(plan: Plan, budgets: Mapping[str, float]) -> Figure:
    installation = install(plan, "soap-lists")
    user = _prepare(installation, lists=LISTS)
    body = ENVELOPE.format(user=user, password=PASSWORD, name="GetNlLists", members="")
    with installation.server() as server:
        _Caller(server.url, user, installation).call("GetNlLists", "")  # warms up
        arguments = [PATH, body, END, str(LEAST_OCTETS)]
        loads = [load("soap.lua", server.url, arguments, connections=8, seconds=plan.seconds) for _ in range(plan.runs)]
    return Figure(
        name=f"{plan.name_prefix}soap_lists_8",
        unit="calls/s",
        values=[each.per_second for each in loads],
        budget=budgets.get("soap_lists_8"),
        note=f"{LISTS} lists of {GROUPS_OF_LIST} groups, at eight connections",
    )


def _imports(plan: Plan, budgets: Mapping[str, float]) -> Iterator[Figure]:
    people = min(plan.recipients, MOST_PEOPLE)
    documents = [escape(_document(first)) for first in range(0, people, ROWS_IN_CALL)]
    taken: list[float] = []
    completed: list[float] = []
    for number in range(min(plan.runs, MOST_RUNS)):
        installation = install(plan, f"soap-import{number}")
        user = _prepare(installation)
        with installation.server() as server:
            caller = _Caller(server.url, user, installation)
            begun = perf_counter()
            times = [caller.timed(document) for document in documents]
            caller.complete()
            completed.append(people / (perf_counter() - begun))
            taken.append(median(times) * 1_000)
        if count(installation, "recipients") != people:
            raise Fault(f"{people} people were sent, {count(installation, 'recipients')} are there")
    yield Figure(
        name=f"{plan.name_prefix}soap_import_call",
        unit="ms",
        values=taken,
        budget=budgets.get("soap_import_call"),
        at_most=True,
        note=f"StartImportProcesses with {ROWS_IN_CALL:,} people, the median of all calls, an import running meanwhile",
    )
    yield Figure(
        name=f"{plan.name_prefix}soap_import",
        unit="rows/s",
        values=completed,
        budget=budgets.get("soap_import"),
        note=f"{people:,} people with two fields, {ROWS_IN_CALL:,} in a call",
    )


class _Caller:
    """One connection of a plugin."""

    def __init__(self, url: str, user: str, installation: Installation) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=MOST_SECONDS)
        self._user = user
        self._list_id = installation.list_id
        self._list = f"<idList>{installation.list_id}</idList><listGUID>{installation.list_guid}</listGUID>"
        self._started = 0
        # A first call, which checks the password.
        self.call("GetIdWsUser", "")

    def call(self, name: str, members: str) -> str:
        body = ENVELOPE.format(user=self._user, password=PASSWORD, name=name, members=members)
        self._connection.request("POST", PATH, body.encode(), {"Content-Type": "text/xml; charset=utf-8"})
        answer = self._connection.getresponse()
        content = answer.read().decode()
        codes = CODES.findall(content)
        if answer.status != http.HTTPStatus.OK or not codes or any(each[0] == "-" for each in set(codes) - ALLOWED):
            raise Fault(f"{name} was answered {answer.status}: {content[-200:]!r}")
        return content

    def timed(self, document: str) -> float:
        begun = perf_counter()
        self._start(f"<xmlDoc>{document}</xmlDoc><importType>3</importType><mobileInputType>2</mobileInputType>")
        return perf_counter() - begun

    def complete(self) -> None:
        """Have all imports done: those that came while another ran are stored, and plugins start them like this."""
        end = monotonic() + MOST_SECONDS
        while not self._start("") and monotonic() < end:
            sleep(0.02)
        # One runs at a time, so the one that was started last is the last to be done.
        self.wait(self._started)

    def _start(self, document: str) -> bool:
        """Return whether nothing is left stored of what the call was for."""
        answer = self.call("StartImportProcesses", f"<listsIDs>{self._list_id}</listsIDs>{document}")
        codes = CODES.findall(answer)
        if BUSY not in codes and NOTHING_STORED not in codes:
            self._started = int(re.findall(r"processID&gt;(\d+)&lt;", answer)[-1])
        return BUSY not in codes

    def wait(self, process_id: int) -> None:
        end = monotonic() + MOST_SECONDS
        while monotonic() < end:
            if "StatusCode&gt;3&lt;" in self.call(
                "GetProcessDetails", f"{self._list}<idProcess>{process_id}</idProcess>"
            ):
                return
            sleep(0.05)
        raise Fault(f"import {process_id} was not completed in {MOST_SECONDS} seconds")


def _document(first: int) -> str:
    people = (
        f'<subscriber email="{number * 7919 % 16**6:06x}.{number}@example{number % 50}.com" Prefix="" Number=""'
        f' Name="Person {number}"><campo1>First{number}</campo1><campo2>Last{number}</campo2></subscriber>'
        for number in range(first, first + ROWS_IN_CALL)
    )
    return f"<subscribers>{''.join(people)}</subscribers>"


def _prepare(installation: Installation, *, lists: int = 0) -> str:
    """Activate Import, make lists, and return the API user; while no server runs."""
    database = open_database(replace(Settings(home=installation.home), database=installation.database))
    with database.connection() as connection:
        account = get_account(connection, installation.account_id)
        set_password(connection, account.api_user, PASSWORD, now=utc_now())
        tx = connection.for_account(account.id)
        change_service(tx, Service.IMPORT, enabled=True, active=True, checks_ip=False, by=OPERATOR, now=utc_now())
    _fill(database, account.id, lists)
    database.close()
    return account.api_user


def _fill(database: Database, account_id: int, lists: int) -> None:
    for number in range(lists):
        with database.transaction(account_id) as tx:
            _add_groups(tx, add_list(tx, f"List number {number}", now=utc_now()).id)


def _add_groups(tx: Transaction, list_id: int) -> None:
    """Add groups, all at once: every single one would read all that there are."""
    now = to_microseconds(utc_now())
    # A list has three groups from the start.
    ids = tx.take_ids("group", GROUPS_OF_LIST - 3)
    rows = [(group_id, list_id, f"Group {group_id}", "", 1, now) for group_id in ids]
    tx.load(groups, ("id", "list_id", "name", "notes", "deletable", "created_at"), rows)


if __name__ == "__main__":
    main({"soap": measure})
