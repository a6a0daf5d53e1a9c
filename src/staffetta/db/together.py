"""Operations that many ask for at the same moment, done for all of them with a few statements."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

from staffetta.db.jobs import Job
from staffetta.db.transaction import Connection, Session, Transaction
from staffetta.errors import Refusal

F = TypeVar("F", bound=Callable[..., Any])


class Call(NamedTuple):
    """One of several calls of an operation: within the wall of whose account, and what it was given."""

    tx: Transaction
    args: Sequence[Any]
    kwargs: dict[str, Any]

    def answer(self, operation: Callable[..., Any]) -> Any:
        """Return what an operation returns for this call, or the refusal that it raises before its first change.

        Raises:
            Refusal: it had changed something, which only all calls together can undo.

        """
        changes = self.tx.changes
        try:
            return operation(self.tx, *self.args, **self.kwargs)
        except Refusal as refusal:
            if self.tx.changes != changes:
                raise
            return refusal


class Alone:
    """Stands for the answer to a call that has to be run by itself."""


ALONE = Alone()
# Answers calls in their order: what the operation returns, the refusal that it raises, or ALONE.
Together = Callable[[Sequence[Call]], Sequence[Any]]


def together(many: Together) -> Callable[[F], F]:
    """Say that `many` does for several calls what the operation does for each; the refused ones leave no trace.

    The calls can be of several accounts, and none of them has run yet. What `many` raises undoes all that shares its
    transaction, and each is run by itself then.
    """

    def mark(operation: F) -> F:
        operation.together = many  # type: ignore[attr-defined]
        return operation

    return mark


def run_together(session: Session, jobs: Sequence[Job]) -> list[Job]:
    """Run jobs of one operation together, where it can be done so; return those that have to be run by themselves."""
    pieces: dict[Any, list[Job]] = {}
    for job in jobs:
        pieces.setdefault(job.operation, []).append(job)
    alone: list[Job] = []
    for operation, its_own in pieces.items():
        many = getattr(operation, "together", None)
        alone += _run(session, many, its_own) if many and len(its_own) > 1 else its_own
    return alone


def _run(session: Session, many: Together, jobs: Sequence[Job]) -> list[Job]:
    connection = Connection(session)
    walls = {job.account_id: connection.for_account(job.account_id) for job in jobs if job.account_id is not None}
    calls = [Call(walls[job.account_id], job.args, job.kwargs) for job in jobs if job.account_id is not None]
    alone = []
    for job, answer in zip(jobs, many(calls), strict=True):
        if answer is ALONE:
            alone.append(job)
        elif isinstance(answer, Refusal):
            job.error = answer
        else:
            job.result = answer
    return alone
