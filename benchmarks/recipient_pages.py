"""Pages of a hundred subscribers with forty fields each, over REST: the first, and one in the middle of a long list."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from measuring.command import main
from measuring.databases import connected, fill_subscribers
from measuring.figures import Figure
from measuring.installations import install
from measuring.loading import Load
from measuring.pages import access_token, ask_for_page, end_of_page
from measuring.plans import Plan

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
    token = access_token(installation)
    middle = plan.recipients // SIZE // 2
    first: list[Load] = []
    far: list[Load] = []
    together: list[Load] = []
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


@dataclass(frozen=True, slots=True)
class _Asking:
    url: str
    token: str
    list_id: int
    people: int
    seconds: int

    def page(self, number: int, *, connections: int) -> Load:
        return ask_for_page(
            self.url,
            self.token,
            PATH.format(list=self.list_id, size=SIZE, number=number),
            due=end_of_page(number=number, size=SIZE, total=self.people),
            least_octets=LEAST_OCTETS,
            connections=connections,
            seconds=self.seconds,
        )


if __name__ == "__main__":
    main({"recipient_pages": measure})
