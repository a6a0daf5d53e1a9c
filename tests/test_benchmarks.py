"""The benchmarks run: one of them as `scripts/bench` starts it, and what all of them print."""

import json
import runpy
import subprocess
import sys
from pathlib import Path

import apsw
import pytest

from staffetta.db.upgrading import upgrade

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(BENCHMARKS), *arguments], capture_output=True, text=True, check=False, timeout=240
    )


@pytest.mark.slow
def test_the_start_is_measured_and_held_to_its_budget():
    options = ["--quick", "--json", "start"]

    done = bench(*options)

    figures = {each["name"]: each for each in map(json.loads, done.stdout.splitlines())}
    assert done.returncode == 0, done.stderr
    assert set(figures) == {"start", "idle_memory"}
    assert {"unit", "median", "low", "high", "runs", "budget", "limit", "ratio"} <= figures["start"].keys()
    assert 0 < figures["start"]["low"] <= figures["start"]["median"] <= figures["start"]["high"]


def test_a_benchmark_that_does_not_exist_is_a_mistake_of_usage():
    unknown = "weather"

    done = bench(unknown)

    assert done.returncode == 2
    assert "no such benchmark: weather" in done.stderr


def test_the_rows_that_sign_ups_are_held_against_are_those_of_the_tables(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    rows = runpy.run_path(str(BENCHMARKS / "sign_up.py"))["ROWS"]
    upgrade(f"sqlite:///{tmp_path}/staffetta.db")
    connection = apsw.Connection(str(tmp_path / "staffetta.db"))

    for statement in rows:
        connection.execute(statement, {"id": 1, "now": 1})

    assert connection.total_changes() >= len(rows)
    connection.close()


def test_the_reference_page_names_every_benchmark():
    page = (BENCHMARKS.parent / "docs" / "reference" / "benchmarks.md").read_text("utf-8")

    told = bench("--help").stdout

    names = [each.stem for each in BENCHMARKS.glob("*.py") if "measure(" in each.read_text("utf-8")]
    assert names
    assert [name for name in names if f"| `{name}` |" not in page or name not in told] == []
