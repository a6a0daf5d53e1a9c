"""Of many who want one tag at once, one makes it."""

import asyncio

from staffetta.campaigns import obtain_tag, tags_of_list


async def test_a_tag_that_many_want_at_once_is_made_once(database, account):
    found = await asyncio.gather(*(database.write(account.id, obtain_tag, 1, "promo") for _ in range(8)))

    assert len(set(found)) == 1
    assert await database.read(account.id, tags_of_list, 1) == [found[0]]
