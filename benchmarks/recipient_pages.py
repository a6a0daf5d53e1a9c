"""Pages of a hundred subscribers with forty fields each, over REST: the first, and one in the middle of a long list."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from measuring.command import main
from measuring.databases import connected, fill_subscribers
from measuring.figures import Fault, Figure
from measuring.installations import Installation, install
from measuring.loading import find_wrk
from measuring.plans import Plan
from measuring.processes import HERE
from staffetta.access import add_application, get_user, issue_tokens
from staffetta.accounts import get_account
from staffetta.db import open_database
from staffetta.kit.clock import utc_now
from staffetta.settings import Settings

BUDGETS = {"page_first": 5, "page_far": 15, "page_first_8": 800}
SIZE = 100
# What a hundred recipients with forty fields each come to, even if most of the fields are empty.
LEAST_OCTETS = 150_000
PATH = "/API/v1.1/Rest/ConsoleService.svc/Console/List/{list}/Recipients/Subscribed?PageSize={size}&PageNumber={number}"
FIELDS = """UPDATE recipients SET fields = '{"1":"Ada","2":"Lovelace","4":"London","8":"UK","11":"+44 20 7946 0000"}'"""
# What sealing would have counted, had these people come one by one.
COUNTS = """INSERT INTO subscription_counts (account_id, list_id, channel, status, block, members)
    SELECT account_id, list_id, channel, status, recipient_id / 4096, count(*) FROM subscriptions
    GROUP BY account_id, list_id, channel, status, recipient_id / 4096"""


def measure(plan: Plan, budgets: Mapping[str, float] = BUDGETS) -> Iterator[Figure]:
    """Measure the time of a page at one connection, and pages a second at eight."""
    installation = install(plan, "recipient-pages")
    fill_subscribers(installation, plan.recipients)
    with connected(installation.database) as connection:
        for statement in (FIELDS, COUNTS):
            connection.execute(statement)
    token = _token(installation)
    middle = plan.recipients // SIZE // 2
    first: list[_Load] = []
    far: list[_Load] = []
    together: list[_Load] = []
    with installation.server() as server:
        ask = _Asking(server.url, token, installation.list_id, plan.recipients, plan.seconds)
        ask.page(0, connections=8)  # warms up
        for _ in range(plan.runs):
            first.append(ask.page(0, connections=1))
            far.append(ask.page(middle, connections=1))
            together.append(ask.page(0, connections=8))
    note = f"{plan.recipients:,} recipients"
    for name, loads in (("page_first", first), ("page_far", far)):
        yield Figure(
            name=f"{plan.name_prefix}{name}",
            unit="ms",
            values=[load.p50_milliseconds for load in loads],
            budget=budgets.get(name),
            at_most=True,
            note=note if name == "page_first" else f"page {middle:,}",
        )
    yield Figure(
        name=f"{plan.name_prefix}page_first_8",
        unit="pages/s",
        values=[load.per_second for load in together],
        budget=budgets.get("page_first_8"),
        note=note,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Load:
    requests: int
    seconds: float
    p50_milliseconds: float

    @property
    def per_second(self) -> float:
        return self.requests / self.seconds


@dataclass(frozen=True, slots=True)
class _Asking:
    url: str
    token: str
    list_id: int
    people: int
    seconds: int

    def page(self, number: int, *, connections: int) -> _Load:
        path = PATH.format(list=self.list_id, size=SIZE, number=number)
        due = f'"PageNumber":{number},"PageSize":{SIZE},"Skipped":{number * SIZE},"TotalElementsCount":{self.people}}}'
        options = ["--threads", "1", "--connections", str(connections), "--duration", f"{self.seconds}s"]
        header = ["--header", f"Authorization: Bearer {self.token}"]
        command = [str(find_wrk()), *options, *header, "--script", str(HERE / "pages.lua"), self.url, "--"]
        done = subprocess.run([*command, path, due, str(LEAST_OCTETS)], capture_output=True, text=True, check=False)
        last = done.stdout.strip().rpartition("\n")[2]
        if done.returncode or not last.startswith("{"):
            raise Fault(f"wrk failed: {done.stderr.strip() or done.stdout.strip()}")
        counted = json.loads(last)
        if counted["failures"] or counted["broken"] or not counted["requests"]:
            raise Fault(f"{counted['failures']} of {counted['requests']} pages are wrong: {counted['example']!r}")
        return _Load(**{name: counted[name] for name in ("requests", "seconds", "p50_milliseconds")})


def _token(installation: Installation) -> str:
    """Return an access token of the account's API user; while no server runs."""
    database = open_database(replace(Settings(home=installation.home), database=installation.database))
    with database.connection() as connection:
        account = get_account(connection, installation.account_id)
        application = add_application(connection, "Benchmark", client_id=None, client_secret=None, now=utc_now())
        user = get_user(connection, account.api_user)
        tokens = issue_tokens(connection, user, application.application.client_id, now=utc_now())
    database.close()
    return tokens.access


if __name__ == "__main__":
    main({"recipient_pages": measure})
