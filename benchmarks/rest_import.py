"""People a second that come in over REST, in calls of 5,000, from the first call to the last import completed."""

import http.client
import json
from collections.abc import Iterator, Mapping
from time import monotonic, perf_counter, sleep
from urllib.parse import urlsplit

from measuring.command import main
from measuring.databases import count
from measuring.figures import Fault, Figure
from measuring.installations import install
from measuring.pages import access_token
from measuring.plans import Plan

BUDGETS: Mapping[str, float] = {"rest_import": 25_000}
ROWS_IN_CALL = 5_000
MOST_RUNS = 3
MOST_SECONDS = 200
CONSOLE = "/API/v1.1/Rest/ConsoleService.svc/Console"


def measure(plan: Plan, budgets: Mapping[str, float] = BUDGETS) -> Iterator[Figure]:
    """Import into an empty list, one call after the other, while the worker does what was accepted."""
    calls = [_body(first) for first in range(0, plan.recipients, ROWS_IN_CALL)]
    accepted: list[float] = []
    completed: list[float] = []
    for number in range(min(plan.runs, MOST_RUNS)):
        installation = install(plan, f"rest-import{number}")
        token = access_token(installation)
        with installation.server() as server:
            caller = _Caller(server.url, token)
            begun = perf_counter()
            for body in calls:
                last = int(caller.call("POST", f"List/{installation.list_id}/Recipients", body))
            accepted.append(plan.recipients / (perf_counter() - begun))
            _wait(caller, last)
            completed.append(plan.recipients / (perf_counter() - begun))
        if count(installation, "recipients") != plan.recipients:
            raise Fault(f"{plan.recipients} people were sent, {count(installation, 'recipients')} are there")
    note = f"{plan.recipients:,} people with two fields, {ROWS_IN_CALL:,} in a call"
    yield Figure(
        name=f"{plan.name_prefix}rest_import",
        unit="rows/s",
        values=completed,
        budget=budgets.get("rest_import"),
        limits=accepted,
        limit_is="calls answered, their rows stored and committed",
        note=note,
    )


class _Caller:
    """One connection with a token."""

    def __init__(self, url: str, token: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=MOST_SECONDS)
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def call(self, method: str, path: str, body: bytes | None = None) -> bytes:
        self._connection.request(method, f"{CONSOLE}/{path}", body, self._headers)
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise Fault(f"{method} {path} was answered {answer.status}: {content[:200]!r}")
        return content


def _wait(caller: _Caller, import_id: int) -> None:
    end = monotonic() + MOST_SECONDS
    while monotonic() < end:
        if json.loads(caller.call("GET", f"Import/{import_id}"))["Completed"]:
            return
        sleep(0.05)
    raise Fault(f"import {import_id} was not completed in {MOST_SECONDS} seconds")


def _body(first: int) -> bytes:
    people = [
        {
            "Email": f"{number * 7919 % 16**6:06x}.{number}@example{number % 50}.com",
            "Name": f"Person {number}",
            "Fields": [{"Id": 1, "Value": f"First{number}"}, {"Id": 2, "Value": f"Last{number}"}],
        }
        for number in range(first, first + ROWS_IN_CALL)
    ]
    return json.dumps(people).encode()


if __name__ == "__main__":
    main({"rest_import": measure})
