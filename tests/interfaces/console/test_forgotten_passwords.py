"""Forgotten passwords: the same answer for everybody, a link by mail, and a page that changes nothing by being seen."""

from dataclasses import replace
from datetime import timedelta

import pytest

from interfaces.console.test_console_sign_in import sealed
from interfaces.console.visitors import ADA, ANOTHER, ONE_TIME, PASSWORD, make_applicant, shows, visit
from staffetta.access import check_password, get_user, password_hash_of, set_password
from staffetta.interfaces.console.throttling import RESETS_OF_NETWORK
from staffetta.interfaces.console.tickets import Purpose
from staffetta.kit.clock import utc_now
from staffetta.outbox import mailed_since
from staffetta.tracking import ResetToken, reset_link

FORGOTTEN = "/console/forgotten"


def mailed(visitor) -> int:
    with visitor.database.transaction(visitor.account.id) as tx:
        return len(mailed_since(tx, ADA, "password_reset", utc_now() - timedelta(days=2)))


async def ask(visitor, login: str = ""):
    return await visitor.send(await visitor.open(FORGOTTEN), username=login or visitor.login)


def link(visitor, *, age: timedelta = timedelta(0), **changed) -> str:
    with visitor.database.connection() as connection:
        user = get_user(connection, visitor.login)
    token = ResetToken(user.account_id, user.login, utc_now() - age, user.password_changed_at)._replace(**changed)
    return reset_link(visitor.platform.signer, "", token)


def has_password(visitor, password: str) -> bool:
    with visitor.database.connection() as connection:
        return check_password(password_hash_of(connection, visitor.login)[1], password)


async def test_who_has_an_address_is_mailed_a_link(visitor):
    woken = []
    async with visit(replace(visitor.platform, wake_sender=lambda: woken.append(1)), visitor.account) as here:
        answer = await ask(here, f" {visitor.login.upper()} ")

    assert shows(answer, "forgotten_done_hint")
    assert woken == [1]
    with visitor.database.transaction(visitor.account.id) as tx:
        (row,) = details_of(tx)
    assert row.address == ADA
    assert row.details["login"] == visitor.login
    assert row.details["base_url"] == f"http://{visitor.account.host}"
    assert set(row.details) == {"language", "name", "login", "base_url", "issued_at", "changed_at"}


def details_of(tx):
    from sqlalchemy import bindparam, select

    from staffetta.db import Statement
    from staffetta.outbox.tables import deliveries

    return tx.all(Statement(select(deliveries).where(deliveries.c.account_id == bindparam("account_id"))))


async def test_the_answer_is_the_same_for_everybody(visitor):
    answers = [await ask(visitor, login) for login in (visitor.login, "nobody", visitor.account.api_user)]

    texts = [
        each.text.replace(visitor.login, "X").replace("nobody", "X").replace(visitor.account.api_user, "X")
        for each in answers
    ]
    assert texts[0] == texts[1] == texts[2]
    assert [each.status_code for each in answers] == [200, 200, 200]
    assert mailed(visitor) == 1


async def test_one_link_a_minute_leaves(visitor):
    for _ in range(3):
        assert shows(await ask(visitor), "forgotten_done_hint")

    assert mailed(visitor) == 1


async def test_five_links_a_day_leave(visitor):
    from staffetta.accounts import get_account
    from staffetta.interfaces.console.entering import RESETS_PER_DAY, mail_reset
    from staffetta.kit.languages import Language

    with visitor.database.connection() as connection:
        user, account = get_user(connection, visitor.login), get_account(connection, visitor.account.id)
        tx = connection.for_account(account.id)
        start = utc_now() - timedelta(hours=12)
        left = [
            mail_reset(
                tx, user, account, language=Language.EN, base_url="http://x", now=start + timedelta(minutes=2 * number)
            )
            for number in range(7)
        ]

    assert left == [True] * RESETS_PER_DAY + [False] * 2


async def test_a_network_that_asks_for_everybody_is_held_up(visitor):
    page = await visitor.open(FORGOTTEN)
    for number in range(RESETS_OF_NETWORK.most):
        await visitor.send(page, username=f"m{number + 10_000}")

    assert shows(await visitor.send(page, username=visitor.login), "too_many_title", 429)
    assert mailed(visitor) == 0


async def test_a_user_of_another_account_gets_no_link_from_this_host(visitor, platform, database):
    async with visit(platform, make_applicant(database)) as elsewhere:
        assert shows(await ask(elsewhere, visitor.login), "forgotten_done_hint")

    assert mailed(visitor) == 0


@pytest.mark.parametrize("ticket", ["", "x"])
async def test_nobody_is_mailed_by_a_form_of_others(visitor, ticket):
    page = await visitor.open(FORGOTTEN)

    assert shows(await visitor.send(page, ticket=ticket, username=visitor.login), "stale_form", 400)
    assert shows(await visitor.send(page, username=" "), "login_missing", 400)
    assert mailed(visitor) == 0


# The link


async def test_a_link_leads_to_another_password_once(visitor):
    address = link(visitor)
    form = await visitor.open(address)
    seen = has_password(visitor, PASSWORD)
    done = await visitor.send(form, new=ANOTHER, repeat=ANOTHER)
    home = await visitor.sign_in(ANOTHER)

    assert shows(form, "reset_lead")
    assert seen
    assert shows(done, "password_reset_done")
    assert shows(home, "connect_title")
    assert shows(await visitor.open(address), "reset_dead_title", 404)
    assert shows(await visitor.send(form, new=PASSWORD, repeat=PASSWORD), "reset_dead_title", 404)
    assert has_password(visitor, ANOTHER)


async def test_a_link_ends_every_session(visitor, platform):
    await visitor.sign_in()
    async with visit(platform, visitor.account) as elsewhere:
        await elsewhere.send(await elsewhere.open(link(visitor)), new=ANOTHER, repeat=ANOTHER)

    assert (await visitor.open()).status_code == 303


async def test_a_link_replaces_a_one_time_password_that_got_lost(newcomer):
    await newcomer.send(await newcomer.open(link(newcomer)), new=ANOTHER, repeat=ANOTHER)

    assert not has_password(newcomer, ONE_TIME)
    assert shows(await newcomer.sign_in(ANOTHER), "terms_lead")


async def test_a_link_that_is_old_or_not_of_this_password_is_dead(visitor):
    now = utc_now()
    good = link(visitor, age=timedelta(hours=1, minutes=59))

    assert shows(await visitor.open(good), "reset_lead")
    for address in (
        link(visitor, age=timedelta(hours=2, minutes=1)),
        link(visitor, issued_at=now + timedelta(hours=1)),
        link(visitor, changed_at=now),
        link(visitor, account_id=visitor.account.id + 1),
        link(visitor, login="nobody"),
        f"{good}x",
        good[:-3],
        "/console/reset?t=",
        "/console/reset",
        "/console/reset?t=%00%C3%A9",
    ):
        answer = await visitor.open(address)
        assert shows(answer, "reset_dead_title", 404)


async def test_a_link_is_dead_after_any_change_of_the_password(visitor):
    address = link(visitor)
    with visitor.database.connection() as connection:
        set_password(connection, visitor.login, ANOTHER, now=utc_now())

    assert shows(await visitor.open(address), "reset_dead_title", 404)


@pytest.mark.parametrize(
    ("new", "repeat", "key"),
    [("", "", "password_missing"), ("short", "short", "password_weak"), (ANOTHER, "x", "passwords_differ")],
)
async def test_a_bad_choice_is_explained_and_the_link_stays_good(visitor, new, repeat, key):
    form = await visitor.open(link(visitor))
    again = await visitor.send(form, new=new, repeat=repeat)

    assert shows(again, key, 400)
    assert has_password(visitor, PASSWORD)
    assert shows(await visitor.send(again, new=ANOTHER, repeat=ANOTHER), "password_reset_done")


async def test_a_choice_without_our_ticket_changes_nothing(visitor):
    form = await visitor.open(link(visitor))

    for ticket in ("", "x", sealed(visitor, Purpose.CHOOSE), sealed(visitor, Purpose.RESET, age=timedelta(hours=2))):
        answer = await visitor.send(form, ticket=ticket, new=ANOTHER, repeat=ANOTHER)
        assert shows(answer, "stale_choice", 400)

    assert has_password(visitor, PASSWORD)
