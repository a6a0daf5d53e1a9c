import pytest

from interfaces.rest.neighbours import make_neighbour
from recipients.people import ADA, make_list, set_list, sign_up, status, suppress_ada
from staffetta.lists import add_group
from staffetta.outbox import DeliveryState, in_state
from staffetta.recipients import Channel, Status, get_profile
from trying import NOON

IN, OUT, WAIT, NEW = Status.SUBSCRIBED, Status.UNSUBSCRIBED, Status.PENDING, Status.NOT_REGISTERED


@pytest.fixture
def within(database, account):
    """Run something in a transaction of the account."""

    def run(operation, *args, **kwargs):
        with database.transaction(account.id) as tx:
            return operation(tx, *args, **kwargs)

    return run


@pytest.fixture
def ada(within):
    """Somebody who was asked to confirm."""
    return within(sign_up).recipient_id


def is_done(answer):
    return (answer.status_code, answer.content) == (200, b"")


async def test_a_subscription_is_forced_and_ended(rest, within, ada):
    assert is_done(await rest.post(f"Console/List/1/Subscribe/{ada}"))
    assert within(status) == IN
    assert is_done(await rest.delete(f"Console/List/1/Unsubscribe/{ada}"))
    assert within(status) == OUT
    assert is_done(await rest.delete(f"Console/List/1/Unsubscribed/{ada}"))
    assert is_done(await rest.post(f"Console/List/1/Subscribe/{ada}", content=b"null"))

    assert within(status) == IN


async def test_somebody_of_another_list_can_be_forced(rest, within, ada):
    news = within(make_list)

    await rest.post(f"Console/List/{news.id}/Subscribe/{ada}")

    assert (within(status, news.id), within(status)) == (IN, WAIT)


async def test_nobody_is_forced_whose_address_is_dead(rest, within, ada):
    within(suppress_ada)

    answer = await rest.post(f"Console/List/1/Subscribe/{ada}")

    assert (answer.status_code, within(status)) == (400, OUT)
    assert "bounced" in answer.json()["ErrorDescription"]


async def test_goodbye_is_said_only_where_the_list_does(rest, within):
    recipient_id = within(sign_up, confirm=False).recipient_id
    within(set_list, send_email_optout=True)

    await rest.delete(f"Console/List/1/Unsubscribe/{recipient_id}")

    assert [mail.kind for mail in within(in_state, DeliveryState.PLANNED, most=9)] == ["goodbye"]


@pytest.mark.parametrize(
    ("query", "after"),
    [("", IN), ("?confirmSubscription=true", IN), ("?confirmSubscription=False", NEW)],
)
async def test_a_group_is_joined_with_its_list_unless_told_otherwise(rest, within, ada, query, after):
    group = within(add_group, within(make_list).id, "Friends", now=NOON)

    assert is_done(await rest.post(f"Console/Group/{group.id}/Subscribe/{ada}{query}", json={"Email": "x"}))

    assert within(get_profile, ada).groups == {group.id}
    assert within(status, group.list_id) == after


@pytest.mark.parametrize("path", ["Group/{group}/Unsubscribe/{ada}", "Group/{group}/Recipient/{ada}"])
async def test_a_group_is_left_and_the_list_is_not(rest, within, ada, path):
    group = within(add_group, 1, "Friends", now=NOON)
    await rest.post(f"Console/Group/{group.id}/Subscribe/{ada}")

    assert is_done(await rest.delete("Console/" + path.format(group=group.id, ada=ada)))
    assert is_done(await rest.delete("Console/" + path.format(group=group.id, ada=ada)))

    assert within(get_profile, ada).groups == set()
    assert within(get_profile, ada).subscriptions[1, Channel.EMAIL].status == IN


async def test_nobody_and_nothing_unknown_is_found(rest, within, ada):
    group = within(add_group, 1, "Friends", now=NOON)

    answers = [
        await rest.post(f"Console/List/4711/Subscribe/{ada}"),
        await rest.post("Console/List/1/Subscribe/4711"),
        await rest.delete(f"Console/List/4711/Unsubscribe/{ada}"),
        await rest.delete("Console/List/1/Unsubscribe/4711"),
        await rest.post(f"Console/Group/4711/Subscribe/{ada}"),
        await rest.post(f"Console/Group/{group.id}/Subscribe/4711"),
        await rest.delete(f"Console/Group/4711/Unsubscribe/{ada}"),
        await rest.delete(f"Console/Group/{group.id}/Unsubscribe/4711"),
    ]

    assert {answer.status_code for answer in answers} == {404}


async def test_nothing_of_another_account_is_found(rest_of, database, account, within, ada):
    theirs = rest_of(make_neighbour(database, account))
    group = within(add_group, 1, "Friends", now=NOON, group_id=4711)

    answers = [
        await theirs.post(f"Console/List/1/Subscribe/{ada}"),
        await theirs.delete(f"Console/List/1/Unsubscribe/{ada}"),
        await theirs.post(f"Console/Group/{group.id}/Subscribe/{ada}"),
        await theirs.delete(f"Console/Group/{group.id}/Unsubscribe/{ada}"),
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert within(status, 1, ADA) == WAIT
