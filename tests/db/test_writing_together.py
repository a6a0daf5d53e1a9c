import asyncio
import functools
import itertools

import pytest

from db.playing import (
    names,
    names_seen_by_others,
    put,
    put_and_fail,
    put_and_refuse,
    put_in_company,
    quickly,
    refuse,
    take,
)
from staffetta.errors import FailedPrecondition, Refusal

_accounts = itertools.count(1)


@pytest.fixture
def account_id():
    return next(_accounts)


@pytest.fixture(params=["brief", "long"])
def as_it_is(request):
    """Return operations as brief ones or as they are: the database runs them in different places."""
    return quickly if request.param == "brief" else lambda operation: operation


def take_id_and_refuse(tx, name):
    """Change nothing but a counter, by a statement that gives its row back, and find that it may not be."""
    tx.take_id("taken alone")
    raise FailedPrecondition(name)


async def write_all(database, account_id, *jobs):
    waiting = (database.write(account_id, operation, *args) for operation, *args in jobs)
    return await asyncio.gather(*waiting, return_exceptions=True)


async def test_an_answer_comes_after_the_commit(own_database, account_id, as_it_is):
    answer = await own_database.write(account_id, as_it_is(put), "Ada")

    assert answer == "Ada"
    assert names_seen_by_others(own_database, account_id) == {"Ada"}


async def test_a_write_is_seen_by_the_next_read(own_database, account_id, as_it_is):
    await own_database.write(account_id, as_it_is(put), "Ada")

    assert await own_database.read(account_id, as_it_is(names)) == {"Ada"}


async def test_a_change_that_gave_its_row_back_is_undone_too(sqlite, account_id, as_it_is):
    good, bad = as_it_is(put), as_it_is(take_id_and_refuse)

    answers = await write_all(sqlite, account_id, (good, "a"), (bad, "refused"), (good, "b"))

    assert [answers[0], str(answers[1]), answers[2]] == ["a", "refused", "b"]
    with sqlite.transaction(account_id) as tx:
        assert tx.take_id("taken alone") == 1


@pytest.mark.parametrize("failing", [put_and_refuse, put_and_fail, refuse])
async def test_an_operation_that_is_refused_among_others_is_undone_alone(own_database, account_id, as_it_is, failing):
    good, bad = as_it_is(put), as_it_is(failing)

    answers = await write_all(
        own_database,
        account_id,
        *[(good, f"before {number}") for number in range(10)],
        (bad, "refused"),
        *[(good, f"after {number}") for number in range(10)],
        (bad, "refused"),
    )

    kept = {answer for answer in answers if isinstance(answer, str)}
    refusals = [answer for answer in answers if isinstance(answer, Exception)]
    assert len(kept) == 20
    assert [str(refusal) for refusal in refusals] == ["refused", "refused"]
    assert isinstance(refusals[0], ZeroDivisionError if failing is put_and_fail else FailedPrecondition)
    assert names_seen_by_others(own_database, account_id) == kept


async def test_an_operation_that_is_refused_alone_is_undone(own_database, account_id, as_it_is):
    with pytest.raises(FailedPrecondition):
        await own_database.write(account_id, as_it_is(put_and_refuse), "refused")

    assert names_seen_by_others(own_database, account_id) == set()


async def test_a_name_kept_twice_fails_for_one_and_for_nobody_else(own_database, account_id, as_it_is):
    answers = await write_all(own_database, account_id, *[(as_it_is(put), name) for name in ("Ada", "Bob", "Ada")])

    assert sorted(answer for answer in answers if isinstance(answer, str)) == ["Ada", "Bob"]
    assert len([answer for answer in answers if isinstance(answer, Exception)]) == 1
    assert names_seen_by_others(own_database, account_id) == {"Ada", "Bob"}


async def test_no_id_is_given_twice_though_blocks_were_rolled_back(own_database, account_id, as_it_is):
    operation = as_it_is(take)
    given = []

    for refusing in (True, False, True, False, False):
        waiting = (
            own_database.write(account_id, operation, fails=refusing and number % 3 == 0) for number in range(12)
        )
        given += await asyncio.gather(*waiting, return_exceptions=True)
    numbers = [each for each in given if isinstance(each, int)]

    assert len(numbers) == len(set(numbers)) == 5 * 12 - 2 * 4
    assert all(isinstance(each, int | Refusal) for each in given)
    assert names_seen_by_others(own_database, account_id) == {str(number) for number in numbers}


async def test_more_operations_than_share_a_commit_are_all_answered(own_database, account_id, as_it_is):
    answers = await write_all(own_database, account_id, *[(as_it_is(put), str(number)) for number in range(600)])

    assert names_seen_by_others(own_database, account_id) == set(answers)
    assert len(answers) == 600


async def test_brief_and_long_operations_share_the_database(own_database, account_id):
    jobs = [(quickly(put) if number % 2 else put, str(number)) for number in range(60)]

    answers = await write_all(own_database, account_id, *jobs)

    assert answers == [str(number) for number in range(60)]
    assert names_seen_by_others(own_database, account_id) == set(answers)


async def test_somebody_who_waits_no_more_disturbs_nobody(own_database, account_id, as_it_is):
    operation = as_it_is(put)
    impatient = asyncio.ensure_future(own_database.write(account_id, operation, "impatient"))
    await asyncio.sleep(0)
    patient = asyncio.ensure_future(own_database.write(account_id, operation, "patient"))
    await asyncio.sleep(0)

    impatient.cancel()

    assert await patient == "patient"
    assert names_seen_by_others(own_database, account_id) >= {"patient"}


async def test_accounts_that_write_together_stay_apart(own_database, as_it_is):
    ours, theirs = next(_accounts), next(_accounts)

    await asyncio.gather(
        own_database.write(ours, as_it_is(put), "ours"), own_database.write(theirs, as_it_is(put), "theirs")
    )

    assert names_seen_by_others(own_database, ours) == {"ours"}
    assert names_seen_by_others(own_database, theirs) == {"theirs"}


async def test_a_read_that_fails_fails_for_nobody_else(own_database, account_id, as_it_is):
    await own_database.write(account_id, as_it_is(put), "Ada")

    def fail(tx):
        raise ZeroDivisionError

    answers = await asyncio.gather(
        *[own_database.read(account_id, as_it_is(fail if number % 2 else names)) for number in range(10)],
        return_exceptions=True,
    )

    assert answers[::2] == [{"Ada"}] * 5
    assert all(isinstance(answer, ZeroDivisionError) for answer in answers[1::2])


async def test_what_a_read_changes_is_not_kept_on_sqlite(sqlite, account_id, as_it_is):
    await sqlite.read(account_id, as_it_is(put), "by mistake")

    assert names_seen_by_others(sqlite, account_id) == set()


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        (["a", "b", "c"], ["a in company", "b in company", "c in company"]),
        (["a", "alone b", "c"], ["a in company", "alone b", "c in company"]),
        (["a", "refused b", "c"], ["a in company", FailedPrecondition, "c in company"]),
        (["a", "read b", "c"], ["a in company", "read b in company", "c in company"]),
        (["a", "spoilt b", "c"], ["a", FailedPrecondition, "c"]),
        (["a", "falls over", "c"], ["a", ZeroDivisionError, "c"]),
        (["a", "b", "a"], ["a", "b", Exception]),
    ],
)
async def test_what_can_be_done_together_comes_to_the_same_as_one_by_one(
    own_database, account_id, as_it_is, asked, answered
):
    operation = as_it_is(put_in_company)
    if operation is not put_in_company:
        operation.together = put_in_company.together
    job = functools.partial(own_database.write, account_id, operation)
    # On PostgreSQL a first one keeps a writer busy for a moment, so that the others wait for it together.
    _, answers = await asyncio.gather(
        own_database.write(account_id, put, "first"),
        asyncio.gather(*[job(name) for name in asked], return_exceptions=True),
    )

    kept = {each.removesuffix(" in company") for each in answers if isinstance(each, str)}
    for answer, expected in zip(answers, answered, strict=True):
        if isinstance(expected, str):
            assert answer.removesuffix(" in company") == expected.removesuffix(" in company")
        else:
            assert isinstance(answer, expected)
    if own_database.dialect_name == "sqlite" and as_it_is is quickly:  # there they are certain to meet
        assert [each for each in answers if isinstance(each, str)] == [
            each for each in answered if isinstance(each, str)
        ]
    assert names_seen_by_others(own_database, account_id) == kept | {"first"}
