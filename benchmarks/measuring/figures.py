"""A figure: what several runs gave, the budget it is held to, and a physical limit measured in the same runs."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

COLUMNS = ("figure", "measured", "budget", "limit", "ratio")


class Fault(Exception):  # noqa: N818 - what went wrong is the message
    """The product or the measurement failed: a figure would mean nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One value of each run; the limits are what the same runs gave for the least work possible."""

    name: str
    unit: str
    values: Sequence[float]
    budget: float | None = None
    at_most: bool = False
    limits: Sequence[float] = ()
    limit_is: str = ""
    note: str = ""

    @property
    def median(self) -> float:
        return median(self.values)

    @property
    def limit(self) -> float | None:
        return median(self.limits) if self.limits else None

    @property
    def ratio(self) -> float | None:
        """The median as a part of the limit, or as a multiple of it where less is better."""
        return self.median / self.limit if self.limit else None

    @property
    def met(self) -> bool | None:
        """Whether the budget is kept; None where there is none."""
        if self.budget is None:
            return None
        return self.median <= self.budget if self.at_most else self.median >= self.budget


def as_json(figure: Figure) -> str:
    """Return a figure for programs, on one line."""
    return json.dumps(
        {
            "name": figure.name,
            "unit": figure.unit,
            "median": _rounded(figure.median),
            "low": _rounded(min(figure.values)),
            "high": _rounded(max(figure.values)),
            "runs": len(figure.values),
            "budget": figure.budget,
            "limit": _rounded(figure.limit),
            "ratio": _rounded(figure.ratio),
            "met": figure.met,
            "at_most": figure.at_most,
            "limit_is": figure.limit_is,
            "note": figure.note,
        }
    )


def as_line(figure: Figure) -> str:
    """Return a figure for people, on one line."""
    verdict = {None: "", True: ", met", False: ", MISSED"}[figure.met]
    parts = [
        f"{figure.name:<34} {_measured(figure)}",
        f"budget {_budget(figure)}{verdict}" if figure.budget is not None else "no budget",
    ]
    if figure.limit is not None:
        parts.append(f"limit {_written(figure.limit)} ({figure.limit_is}), ratio {_written(figure.ratio)}")
    return "; ".join([*parts, figure.note] if figure.note else parts)


def as_row(figure: Figure) -> str:
    """Return a figure as a row of a Markdown table."""
    limit = f"{_written(figure.limit)} ({figure.limit_is})" if figure.limit is not None else ""
    budget = f"{_budget(figure)}{'' if figure.met else ' (missed)'}" if figure.budget is not None else ""
    ratio = _written(figure.ratio) if figure.ratio is not None else ""
    measured = f"{_measured(figure)}; {figure.note}" if figure.note else _measured(figure)
    return _row([f"`{figure.name}`", measured, budget, limit, ratio])


def table_head() -> str:
    """Return the first lines of the Markdown table."""
    return f"{_row(COLUMNS)}\n{_row(['---'] * len(COLUMNS))}"


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _measured(figure: Figure) -> str:
    if len(figure.values) == 1:
        return f"{_written(figure.median)} {figure.unit} (1 run)"
    low, high = _written(min(figure.values)), _written(max(figure.values))
    return f"{_written(figure.median)} {figure.unit} ({low} to {high}, {len(figure.values)} runs)"


def _budget(figure: Figure) -> str:
    return f"{'≤' if figure.at_most else '≥'} {_written(figure.budget)}"


def _written(value: float | None) -> str:
    return f"{_rounded(value):,}"


def _rounded(value: float | None) -> float | None:
    """Return three digits at least; what lies beyond them is noise."""
    if value is None:
        return None
    return round(value) if value >= 100 else round(value, 1 if value >= 10 else 2 if value >= 1 else 3)
