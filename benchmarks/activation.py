"""Accounts asked for over REST: how soon the answer comes, how soon the account is there, and the last as the first."""

import http.client
import json
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import replace
from statistics import median
from time import monotonic, perf_counter, sleep
from urllib.parse import urlsplit

from measuring.command import main
from measuring.databases import count
from measuring.figures import Fault, Figure
from measuring.installations import Installation, install
from measuring.plans import Plan
from staffetta.access import PROVISIONING, add_application
from staffetta.db import open_database
from staffetta.kit.clock import utc_now
from staffetta.settings import Settings

BUDGETS: Mapping[str, float] = {"activation_answer": 50, "activation_ready": 2, "activation_slow_down": 1.2}
SERVICE = "/API/v1.1/Rest/PublicService.svc/Console"
SAMPLE = 100
READY = 2
MOST_SECONDS = 60
# The status is asked for as often as this; the time to ready is known no better.
POLL_SECONDS = 0.01


def measure(plan: Plan, budgets: Mapping[str, float] = BUDGETS) -> Iterator[Figure]:
    """Ask for one account after the other, and follow each until it is there."""
    # Each takes a sixth of a second, most of it the hash of a password: all of them once, whatever the plan's runs.
    accounts = 1_000 if plan.recipients >= 1_000_000 else 200
    installation = install(plan, "activation")
    caller_basic = _register(installation)
    answers: list[float] = []
    ready: list[float] = []
    with installation.server() as server:
        caller = _Caller(server.url, caller_basic)
        for number in range(accounts):
            begun = perf_counter()
            requested = caller.call("TrialActivation", _request(number))
            answers.append(perf_counter() - begun)
            _wait(caller, requested)
            ready.append(perf_counter() - begun)
    there = count(installation, "accounts")
    if there != accounts + 1:
        raise Fault(f"{accounts} accounts were asked for, {there - 1} are there")
    note = f"{accounts:,} accounts, one after the other"
    yield Figure(
        name=f"{plan.name_prefix}activation_answer",
        unit="ms",
        values=[1_000 * median(answers)],
        budget=budgets.get("activation_answer"),
        at_most=True,
        note=f"p50; {note}",
    )
    yield Figure(
        name=f"{plan.name_prefix}activation_ready",
        unit="s",
        values=[median(ready)],
        budget=budgets.get("activation_ready"),
        at_most=True,
        note=f"from the request to code 2; the slowest {max(ready):.2f} s; {note}",
    )
    sample = min(SAMPLE, accounts // 2)
    yield Figure(
        name=f"{plan.name_prefix}activation_slow_down",
        unit="×",
        values=[median(ready[-sample:]) / median(ready[:sample])],
        budget=budgets.get("activation_slow_down"),
        at_most=True,
        note=f"time to ready, the last {sample} against the first; {note}",
    )


class _Caller:
    """One connection of an application."""

    def __init__(self, url: str, basic: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=MOST_SECONDS)
        self._headers = {"Authorization": f"Basic {basic}", "Content-Type": "application/json"}

    def call(self, method: str, body: Mapping[str, object]) -> dict[str, object]:
        self._connection.request("POST", f"{SERVICE}/{method}", json.dumps(body), self._headers)
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise Fault(f"{method} was answered {answer.status}: {content[:200]!r}")
        decoded: dict[str, object] = json.loads(content)
        return decoded


def _wait(caller: _Caller, requested: Mapping[str, object]) -> None:
    end = monotonic() + MOST_SECONDS
    while monotonic() < end:
        if caller.call("TrialActivationStatus", requested)["Code"] == READY:
            return
        sleep(POLL_SECONDS)
    raise Fault(f"activation {requested['Id']} was not done in {MOST_SECONDS} seconds")


def _request(number: int) -> Mapping[str, object]:
    return {
        "NameAndSurname": f"Person {number}",
        "Company": f"Shop {number}",
        "Email": f"person{number}@example.com",
        "PhoneNumber": "+39 0372 24525",
        "Language": ("EN", "IT", "ES", "FR", "PT", "JA", "DA")[number % 7],
        "IpAddress": f"10.{number // 65_536}.{number // 256 % 256}.{number % 256}",
    }


def _register(installation: Installation) -> str:
    """Return the credentials of an application that may ask for accounts; while no server runs."""
    database = open_database(replace(Settings(home=installation.home), database=installation.database))
    with database.connection() as connection:
        new = add_application(connection, "Benchmark", features=(PROVISIONING,), now=utc_now())
    database.close()
    return b64encode(f"{new.application.client_id}:{new.client_secret}".encode()).decode()


if __name__ == "__main__":
    main({"activation": measure})
