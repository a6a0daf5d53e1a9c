"""Status checks a second on a long list, and how much slower a single check is there than on an empty one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from measuring.command import main
from measuring.databases import fill_subscribers
from measuring.figures import Figure
from measuring.installations import Installation, Server, install
from measuring.loading import BARE_ANSWER, Load, load_with_existing, load_with_new, status_path
from measuring.plans import Plan
from measuring.processes import bare_answers
from staffetta.recipients import Status

BUDGETS = {"status_64": 8_000, "status_p99_ratio": 2}


def measure(plan: Plan, budgets: Mapping[str, float] = BUDGETS) -> Iterator[Figure]:
    """Measure throughput at 64 connections, and the slowest hundredth at one connection on both lists."""
    full, empty = install(plan, "status"), install(plan, "status-empty")
    fill_subscribers(full, plan.recipients)
    runs: list[_Run] = []
    with full.server() as server, empty.server() as idle, bare_answers(plan.folder) as bare_url:
        _ask(plan, full, server, connections=64)  # warms up
        for _ in range(plan.runs):
            limit = load_with_new(bare_url, status_path(full), tag="n", connections=64, seconds=1)
            busy = _ask(plan, full, server, connections=64)
            alone = _ask(plan, full, server, connections=1)
            nobody = _ask(plan, empty, idle, connections=1, answer=Status.NOT_REGISTERED)
            runs.append(_Run(limit=limit, busy=busy, alone=alone, nobody=nobody))
    yield Figure(
        name=f"{plan.name_prefix}status_64",
        unit="checks/s",
        values=[run.busy.per_second for run in runs],
        budget=budgets.get("status_64"),
        limits=[run.limit.per_second for run in runs],
        limit_is=BARE_ANSWER,
        note=f"{plan.recipients:,} recipients",
    )
    yield Figure(
        name=f"{plan.name_prefix}status_p99",
        unit="ms",
        values=[run.alone.p99_milliseconds for run in runs],
        at_most=True,
        limits=[run.nobody.p99_milliseconds for run in runs],
        limit_is="on an empty list",
        note="at one connection",
    )
    yield Figure(
        name=f"{plan.name_prefix}status_p99_ratio",
        unit="×",
        values=[run.alone.p99_milliseconds / run.nobody.p99_milliseconds for run in runs],
        budget=budgets.get("status_p99_ratio"),
        at_most=True,
        note="long list against empty list",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    limit: Load
    busy: Load
    alone: Load
    nobody: Load


def _ask(
    plan: Plan, installation: Installation, server: Server, *, connections: int, answer: Status = Status.SUBSCRIBED
) -> Load:
    return load_with_existing(
        server.url,
        status_path(installation),
        people=plan.recipients,
        answer=answer,
        connections=connections,
        seconds=plan.seconds,
    )


if __name__ == "__main__":
    main({"status": measure})
