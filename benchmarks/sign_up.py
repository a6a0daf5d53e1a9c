"""Sign-ups a second that are answered and committed, without a confirmation mail."""

from collections.abc import Iterator, Mapping
from time import perf_counter, time

from measuring.command import main
from measuring.databases import connected, count
from measuring.figures import Fault, Figure
from measuring.installations import Installation, install
from measuring.loading import BARE_ANSWER, load_with_new, sign_up_path
from measuring.plans import Plan
from measuring.processes import bare_answers

BUDGETS = {"sign_up_1": 2_000, "sign_up_64": 6_000}
CONNECTIONS = (1, 64)

# What a sign-up writes, and what SQLite does at least for as many of them in one transaction.
ROWS = (
    "INSERT INTO recipients VALUES (1, :id, 'bare' || :id || '@example.com', NULL, '', NULL, '{}', :now, :now, 1)",
    "INSERT INTO subscriptions VALUES (1, :id, 1, 0, 2, NULL, :now)",
    (
        "INSERT INTO consents VALUES (1, :id, :id, 'bare' || :id || '@example.com', 1, 0, 1, 2, NULL, 2, '127.0.0.1',"
        " '', 'xmlSubscribe.aspx', :now, NULL, NULL, NULL)"
    ),
)


def measure(plan: Plan, budgets: Mapping[str, float] = BUDGETS) -> Iterator[Figure]:
    """Measure at one connection and at 64."""
    installation = install(plan, "sign-up")
    with installation.server() as server, bare_answers(plan.folder) as bare_url:
        path = sign_up_path(installation, confirm=False)
        answered = load_with_new(server.url, path, tag="w", connections=64, seconds=1).requests  # warms up
        unread = 64
        for connections in CONNECTIONS:
            values, limits = [], []
            for run in range(plan.runs):
                tag = f"c{connections}r{run}n"
                limit = load_with_new(bare_url, path, tag=tag, connections=connections, seconds=1)
                load = load_with_new(server.url, path, tag=tag, connections=connections, seconds=plan.seconds)
                limits.append(limit.per_second)
                values.append(load.per_second)
                answered += load.requests
                unread += connections
            _check_kept(installation, answered, unread)
            name = f"sign_up_{connections}"
            yield Figure(
                name=f"{plan.name_prefix}{name}",
                unit="sign-ups/s",
                values=values,
                budget=budgets.get(name),
                limits=limits,
                limit_is=BARE_ANSWER,
            )
    if plan.is_sqlite:
        yield from _bare_commits(installation, plan)


def _check_kept(installation: Installation, answered: int, unread: int) -> None:
    """Hold what was answered against what is kept: besides, there may be what wrk had asked for when it stopped."""
    kept = count(installation, "recipients")
    if not answered <= kept <= answered + unread:
        raise Fault(f"{answered} sign-ups were answered, {kept} recipients are in the database")


def _bare_commits(installation: Installation, plan: Plan) -> Iterator[Figure]:
    """Measure the same rows without a server: what the disk and SQLite allow, for information."""
    copy = installation.copied("bare-commits")
    for together in CONNECTIONS:
        values = [_commits(copy, together, seconds=plan.seconds / 4) for _ in range(plan.runs)]
        yield Figure(
            name=f"bare_commits_of_{together}",
            unit="sign-ups/s",
            values=values,
            note="executemany of the same rows, one commit for so many: for information",
        )


def _commits(installation: Installation, together: int, *, seconds: float) -> float:
    with connected(installation.database) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        first = following = connection.execute("SELECT max(max(id), 1000000000) FROM recipients").fetchone()[0] + 1
        begun = perf_counter()
        while perf_counter() < begun + seconds:
            now = round(time() * 1_000_000)
            rows = [{"id": following + each, "now": now} for each in range(together)]
            connection.execute("BEGIN IMMEDIATE")
            for statement in ROWS:
                connection.executemany(statement, rows)
            connection.execute("COMMIT")
            following += together
        return float((following - first) / (perf_counter() - begun))


if __name__ == "__main__":
    main({"sign_up": measure})
