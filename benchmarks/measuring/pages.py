"""Asking for a page over REST again and again, as wrk does, and holding every answer against what is due."""

import json
import subprocess
from dataclasses import dataclass, replace

from measuring.figures import Fault
from measuring.installations import Installation
from measuring.loading import find_wrk
from measuring.processes import HERE
from staffetta.access import add_application, get_user, issue_tokens
from staffetta.accounts import get_account
from staffetta.db import open_database
from staffetta.kit.clock import utc_now
from staffetta.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLoad:
    """How many pages were answered, in which time, and the median time of one."""

    requests: int
    seconds: float
    p50_milliseconds: float

    @property
    def per_second(self) -> float:
        return self.requests / self.seconds


def ask_for_page(
    url: str, token: str, path: str, *, due: str, least_octets: int, connections: int, seconds: int
) -> PageLoad:
    """Ask for a page for a while; each answer must end in `due` and have so many octets."""
    options = ["--threads", "1", "--connections", str(connections), "--duration", f"{seconds}s"]
    header = ["--header", f"Authorization: Bearer {token}"]
    command = [str(find_wrk()), *options, *header, "--script", str(HERE / "pages.lua"), url, "--"]
    done = subprocess.run([*command, path, due, str(least_octets)], capture_output=True, text=True, check=False)
    last = done.stdout.strip().rpartition("\n")[2]
    if done.returncode or not last.startswith("{"):
        raise Fault(f"wrk failed: {done.stderr.strip() or done.stdout.strip()}")
    counted = json.loads(last)
    if counted["failures"] or counted["broken"] or not counted["requests"]:
        raise Fault(f"{counted['failures']} of {counted['requests']} pages are wrong: {counted['example']!r}")
    return PageLoad(**{name: counted[name] for name in ("requests", "seconds", "p50_milliseconds")})


def end_of_page(*, number: int, size: int, total: int) -> str:
    """Return what the answer of a page ends in."""
    return f'"PageNumber":{number},"PageSize":{size},"Skipped":{number * size},"TotalElementsCount":{total}}}'


def access_token(installation: Installation) -> str:
    """Return an access token of the account's API user; while no server runs."""
    database = open_database(replace(Settings(home=installation.home), database=installation.database))
    with database.connection() as connection:
        account = get_account(connection, installation.account_id)
        application = add_application(connection, "Benchmark", client_id=None, client_secret=None, now=utc_now())
        user = get_user(connection, account.api_user)
        tokens = issue_tokens(connection, user, application.application.client_id, now=utc_now())
    database.close()
    return tokens.access
