"""Calls that come too fast wait for a while, and are refused when that does not help (contract 4.2)."""

import asyncio
from dataclasses import replace

import pytest

from interfaces.rest.calling import Caller, caller
from interfaces.rest.small_table import ENDPOINTS
from staffetta.accounts import Account
from staffetta.interfaces.limiting import MOST_WAITING_OF_ONE
from staffetta.interfaces.platform import Platform
from staffetta.interfaces.rest import Rest
from staffetta.interfaces.rest.errors import TooManyCalls
from staffetta.interfaces.rest.limiting import Shaper
from staffetta.settings import Settings

ADA = ("client", "a1", "L4")


@pytest.fixture
def limited(platform: Platform, account: Account) -> Caller:
    """Calls of the small table, two a second."""
    shaped = replace(platform, settings=replace(platform.settings, rest_calls_per_second=2))
    return caller(shaped, account, application=Rest(shaped, ENDPOINTS))


async def test_a_client_that_calls_one_at_a_time_is_never_refused(limited):
    answers = [await limited.get("Console/List/7") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200] * 4


async def test_a_storm_is_refused_after_a_while_with_the_documented_text(limited):
    answers = await asyncio.gather(*(limited.get("Console/List/7") for _ in range(12)))

    refused = [answer for answer in answers if answer.status_code != 200]
    assert 2 <= len(answers) - len(refused) <= 4
    assert {answer.status_code for answer in refused} == {429}
    text = refused[-1].json()["ErrorDescription"]
    assert text.startswith(
        "Authorization error (too_many_requests): Too many requests. Max:2 calls per second , actual:"
    )
    assert refused[-1].json()["ErrorName"] is None
    assert refused[-1].headers["retry-after"] == "1"
    assert refused[-1].headers["access-control-allow-origin"] == "*"


async def test_asking_first_and_unknown_tokens_are_not_counted(limited):
    for _ in range(20):
        assert (await limited.request("OPTIONS", "Console/List/7")).status_code == 200
        assert (await limited.get("Console/List/7", headers={"Authorization": "Bearer x"})).status_code == 401

    assert (await limited.get("Console/List/7")).status_code == 200


async def test_without_limits_nobody_waits():
    shaper = Shaper(Settings(limits="off", rest_calls_per_second=1))

    assert all(shaper.admits(ADA) for _ in range(1_000))


async def test_stopping_a_sending_has_a_limit_of_its_own():
    shaper = Shaper(Settings())

    assert [shaper.admits(("client", "a1", endpoint)) for endpoint in ("D11", "D11", "D12")] == [True, False, True]
    with pytest.raises(TooManyCalls, match=r"Max:1 calls per 30 seconds , actual:2\."):
        await shaper.wait(("client", "a1", "D11"))


async def test_what_the_purchased_speed_limits_is_not_counted():
    shaper = Shaper(Settings(rest_calls_per_second=1))

    assert all(shaper.admits(("client", "a1", "D3")) for _ in range(50))


async def test_nobody_waits_where_too_many_wait():
    shaper = Shaper(Settings(rest_calls_per_second=1))
    assert shaper.admits(ADA)
    waiting = [asyncio.ensure_future(shaper.wait(ADA)) for _ in range(MOST_WAITING_OF_ONE)]
    await asyncio.sleep(0)

    with pytest.raises(TooManyCalls, match=r"Max:1 calls per second , actual:52\."):
        await shaper.wait(ADA)

    for each in waiting:
        each.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert not shaper._limiter._queues
    assert shaper._limiter._waiting == 0


async def test_those_who_wait_go_before_those_who_come():
    shaper = Shaper(Settings(rest_calls_per_second=1))
    assert shaper.admits(ADA)
    first = asyncio.ensure_future(shaper.wait(ADA))
    await asyncio.sleep(0)

    assert not shaper.admits(ADA)

    await first


async def test_a_caller_that_goes_away_waits_no_longer(limited):
    application, gone = limited.application, asyncio.Event()
    sent: list[dict[str, object]] = []
    messages = iter([{"type": "http.request", "body": b"", "more_body": False}])

    async def receive() -> dict[str, object]:
        message = next(messages, None)
        if message is None:
            await gone.wait()
            return {"type": "http.disconnect"}
        return message

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    path = "/API/v1.1/Rest/ConsoleService.svc/Console/List/7"
    headers = [(b"authorization", f"Bearer {limited.token}".encode())]
    scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": headers}
    for _ in range(2):
        await limited.get("Console/List/7")
    call = asyncio.ensure_future(application(scope, receive, send))
    while not application._shaper._limiter._queues:  # noqa: ASYNC110 - a test that polls
        await asyncio.sleep(0.001)

    gone.set()
    await call

    assert sent == []
    assert not application._shaper._limiter._queues
