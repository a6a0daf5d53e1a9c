"""Several who record the same reports at the same moment record each once."""

import asyncio
import random

from campaigns.happening import counts, engaged, person, send
from staffetta.campaigns import Bounce, Complained, record_bounces, record_complaints
from trying import NOON

PEOPLE, TIMES = 12, 8


async def test_reports_that_come_by_several_ways_at_once_count_once(database, account):
    with database.transaction(account.id) as tx:
        people = [person(tx, f"p{number}") for number in range(PEOPLE)]
        message_id = send(tx)
    numbers = {"account_id": account.id, "message_id": message_id, "sending_id": 1}
    bounces = [Bounce(**numbers, recipient_id=each, is_hard=True, reply="550 5.1.1 no") for each in people]
    complaints = [Complained(**numbers, recipient_id=each, report="abuse") for each in people]

    chance = random.Random(7)
    work = []
    for _ in range(TIMES):
        some = chance.sample(range(PEOPLE), PEOPLE)
        work.append(database.write_across(record_bounces, [bounces[each] for each in some], now=NOON))
        work.append(database.write_across(record_complaints, [complaints[each] for each in some], now=NOON))
    new = await asyncio.gather(*work)

    assert sum(new) == 2 * PEOPLE
    with database.transaction(account.id) as tx:
        assert counts(tx, message_id) == {"hard_bounces": PEOPLE, "complaints": PEOPLE}
        assert {times for _, _, times in engaged(tx)} == {1}
