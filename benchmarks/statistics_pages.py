"""Pages of statistics of a message that went to a million: who got it, opened it, and followed its links."""

from collections.abc import Iterator, Mapping
from time import time

from measuring.command import main
from measuring.databases import BEFORE_FIRST, NUMBERS, connected, fill_subscribers
from measuring.figures import Figure
from measuring.installations import Installation, install
from measuring.loading import Load
from measuring.pages import access_token, ask_for_page, end_of_page
from measuring.plans import Plan
from staffetta.campaigns.events import EventKind
from staffetta.outbox import DeliveryState

BUDGETS = dict.fromkeys(
    (
        "recipients_first",
        "recipients_far",
        "views_first",
        "views_far",
        "clicks_first",
        "followers_first",
        "deliveries_of_one",
    ),
    20,
)
SIZE = 100
# Of those who got the message, one in so many opened it, followed a link, and followed each of the links.
OPENED, CLICKED, FOLLOWED = 3, 12, (12, 30, 90)
MESSAGE = 1
PATH = "/API/v1.1/Rest/MailStatisticsService.svc/{what}?PageSize={size}&PageNumber={number}"

MESSAGES = """INSERT INTO messages (account_id, id, list_id, subject, notes, pre_header, embeds_images, is_confirmation,
    uses_fields, default_values, tracking, is_public, service_type, last_sent_at, created_at, changed_at, content)
    VALUES ({account}, 1, {list}, 'Spring', '', '', 0, 0, 0, '{{}}',
    '{{"enabled":true,"protocols":[],"custom_params":""}}', 0, 0, {now}, {now}, {now}, '')"""
DELIVERIES = """INSERT INTO campaign_deliveries (account_id, message_id, recipient_id, sending_id, state, attempts,
    due_at, first_tried_at, changed_at, lease, reply)
    SELECT {account}, 1, n, 1, {sent}, 1, {now}, {now}, {now}, 1, '' FROM numbers"""
ENGAGEMENTS = """INSERT INTO engagements (account_id, message_id, kind, recipient_id, times, first_at, last_at, detail)
    SELECT {account}, 1, {kind}, n, 1, {now}, {now}, '' FROM numbers WHERE n % {one_in} = 0"""
CLICKS = """INSERT INTO link_clicks (account_id, message_id, link_id, recipient_id, times, first_at, last_at)
    SELECT {account}, 1, {link}, n, 1, {now}, {now} FROM numbers WHERE n % {one_in} = 0"""
LINKS = """INSERT INTO message_links (account_id, message_id, id, url, clicks, clickers)
    SELECT account_id, 1, link_id, 'https://example.com/' || link_id, count(*), count(*) FROM link_clicks
    GROUP BY account_id, link_id"""
COUNTERS = """INSERT INTO message_counters (account_id, message_id, recipients, viewers, clickers, hard_bounces,
    soft_bounces, unsubscriptions, complaints, views, clicks, machine_views, machine_clicks, untracked_views,
    untracked_clicks)
    SELECT {account}, 1, {people},
        (SELECT count(*) FROM engagements WHERE kind = {view}), (SELECT count(*) FROM engagements WHERE kind = {click}),
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0"""


def measure(plan: Plan, budgets: Mapping[str, float] = BUDGETS) -> Iterator[Figure]:
    """Measure the median time of pages at one connection."""
    installation = install(plan, "statistics")
    fill_subscribers(installation, plan.recipients)
    viewers, clickers, followers = _fill(installation, plan.recipients)
    token = access_token(installation)
    somebody = BEFORE_FIRST + plan.recipients // 2
    pages = {
        "recipients_first": (f"Message/{MESSAGE}/List/Recipients", 0, plan.recipients),
        "recipients_far": (f"Message/{MESSAGE}/List/Recipients", plan.recipients // SIZE // 2, plan.recipients),
        "views_first": (f"Message/{MESSAGE}/List/Views", 0, viewers),
        "views_far": (f"Message/{MESSAGE}/List/Views", viewers // SIZE // 2, viewers),
        "clicks_first": (f"Message/{MESSAGE}/List/Clicks", 0, clickers),
        "followers_first": (f"Message/{MESSAGE}/List/UrlClickDetails", 0, followers),
        "deliveries_of_one": (f"Recipient/{somebody}/List/Deliveries", 0, 1),
    }
    loads: dict[str, list[Load]] = {name: [] for name in pages}
    with installation.server() as server:
        for _ in range(plan.runs):
            for name, (what, number, total) in pages.items():
                load = ask_for_page(
                    server.url,
                    token,
                    PATH.format(what=what, size=SIZE, number=number),
                    due=end_of_page(number=number, size=SIZE, total=total),
                    least_octets=150 if total == 1 else 70 * SIZE,
                    connections=1,
                    seconds=plan.seconds,
                )
                loads[name].append(load)
    for name, (_, number, total) in pages.items():
        yield Figure(
            name=f"{plan.name_prefix}{name}",
            unit="ms",
            values=[load.p50_milliseconds for load in loads[name]],
            budget=budgets.get(name),
            at_most=True,
            note=f"page {number:,} of {total:,}",
        )


def _fill(installation: Installation, people: int) -> tuple[int, int, int]:
    """Write down what a sending and its recipients leave; return how many opened, clicked, and followed which link."""
    values = {
        "account": installation.account_id,
        "list": installation.list_id,
        "now": round(time() * 1_000_000),
        "sent": int(DeliveryState.SENT),
        "view": int(EventKind.VIEW),
        "click": int(EventKind.CLICK),
        "people": people,
        "first": BEFORE_FIRST + 1,
        "last": BEFORE_FIRST + people,
    }
    inserts = [
        MESSAGES.format(**values),
        (NUMBERS + DELIVERIES).format(**values),
        (NUMBERS + ENGAGEMENTS).format(**values, kind=int(EventKind.VIEW), one_in=OPENED),
        (NUMBERS + ENGAGEMENTS).format(**values, kind=int(EventKind.CLICK), one_in=CLICKED),
        *((NUMBERS + CLICKS).format(**values, link=link, one_in=n) for link, n in enumerate(FOLLOWED, start=1)),
        LINKS,
        COUNTERS.format(**values),
    ]
    with connected(installation.database) as connection:
        for insert in inserts:
            connection.execute(insert)
        if not installation.database.startswith("sqlite"):
            connection.execute("VACUUM ANALYZE")
        viewers, clickers = connection.execute("SELECT viewers, clickers FROM message_counters").fetchone()
        followers = connection.execute("SELECT sum(clickers) FROM message_links").fetchone()[0]
    return viewers, clickers, int(followers)


if __name__ == "__main__":
    main({"statistics_pages": measure})
