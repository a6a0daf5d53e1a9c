"""Sign-ups a second whose confirmation mail has arrived: from the first request to the last mail."""

from collections.abc import Iterator, Mapping
from time import monotonic, sleep, time

from measuring.command import main
from measuring.databases import count, numbers
from measuring.figures import Fault, Figure
from measuring.installations import Installation, install
from measuring.loading import BARE_ANSWER, load_with_new, sign_up_path
from measuring.plans import Plan
from measuring.processes import Sink, bare_answers, null_sink
from staffetta.outbox import DeliveryState

BUDGETS = {"double_opt_in_1": 1_500, "double_opt_in_64": 3_750}
CONNECTIONS = (1, 64)
# How long mails may take to arrive after the last answer; the time counts.
ARRIVAL_SECONDS = 60


def measure(plan: Plan, budgets: Mapping[str, float] = BUDGETS) -> Iterator[Figure]:
    """Measure at one connection and at 64."""
    installation = install(plan, "double-opt-in")
    with (
        null_sink(plan.folder) as sink,
        installation.server(relay=sink.relay) as server,
        bare_answers(plan.folder) as bare_url,
    ):
        path = sign_up_path(installation, confirm=True)
        answered = load_with_new(server.url, path, tag="w", connections=64, seconds=1).requests  # warms up
        for connections in CONNECTIONS:
            values, limits = [], []
            for run in range(plan.runs):
                tag = f"c{connections}r{run}n"
                limit = load_with_new(bare_url, path, tag=tag, connections=connections, seconds=1)
                before, begun_at = _wait_for_all(installation, sink, answered), time()
                load = load_with_new(server.url, path, tag=tag, connections=connections, seconds=plan.seconds)
                answered += load.requests
                arrived = _wait_for_all(installation, sink, answered)
                limits.append(limit.per_second)
                values.append((arrived - before) / (sink.last_at - begun_at))
            name = f"double_opt_in_{connections}"
            yield Figure(
                name=f"{plan.name_prefix}{name}",
                unit="sign-ups/s",
                values=values,
                budget=budgets.get(name),
                limits=limits,
                limit_is=BARE_ANSWER,
                note="each with its mail in the sink, none lost, none twice",
            )


def _wait_for_all(installation: Installation, sink: Sink, answered: int) -> int:
    """Wait until every sign-up has its mail; return how many mails that are.

    Raises:
        Fault: a mail is missing, or there are more of them than sign-ups.

    """
    end = monotonic() + ARRIVAL_SECONDS
    while monotonic() < end:
        arrived = sink.messages
        # Counting rows takes time from who is measured, so that it waits until there is a chance.
        if arrived >= answered and _recorded(installation) == (arrived, arrived):
            return arrived
        sleep(0.05)
    sign_ups, sent = _recorded(installation)
    raise Fault(
        f"{answered} sign-ups were answered, {sign_ups} are kept; {sent} mails are recorded as sent, {sink.messages}"
        " arrived"
    )


def _recorded(installation: Installation) -> tuple[int, int]:
    """Return how many people signed up, and how many mails are recorded as sent."""
    sent = numbers(installation, f"SELECT count(*) FROM deliveries WHERE state = {int(DeliveryState.SENT)}")[0]
    return count(installation, "recipients"), sent


if __name__ == "__main__":
    main({"double_opt_in": measure})
