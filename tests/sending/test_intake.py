"""The intake over SMTP: it takes what is genuine, records it before it says so, and relays nothing."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import aiosmtplib
import pytest
from prometheus_client import REGISTRY

from campaigns.happening import counts, engaged, person, send
from campaigns.sent import sending_of
from staffetta.campaigns import EventKind
from staffetta.db import DatabaseUnavailable
from staffetta.lists import change_list, get_list
from staffetta.outbox import DeliveryState, in_state
from staffetta.recipients import Cause, Channel, Source, Status, get_profile, history
from staffetta.sending import Intake
from staffetta.sending.doorkeeping import GUESSES_IN_A_WINDOW, MOST_OF_A_NETWORK
from staffetta.tracking import CampaignToken, Purpose, Token

REPORTS = Path(__file__).parent / "reports"
DOMAIN = "bounces.example.com"


def load(name, **replaced):
    content = (REPORTS / f"{name}.eml").read_bytes()
    for old, new in replaced.items():
        content = content.replace(f"{old}-token".encode(), new.encode())
    return content


@pytest.fixture
def sent(database, account, platform):
    """A message that was sent to Ada, and the addresses in her mail."""
    with database.transaction(account.id) as tx:
        ada = person(tx)
        message_id = send(tx)
        sending_id = sending_of(tx, message_id)
    token = CampaignToken(account.id, ada, sending_id)
    back, leave = (
        prefix + platform.signer.sign_address(purpose, token)
        for prefix, purpose in (("b-", Purpose.RETURN), ("u-", Purpose.LEAVE_BY_MAIL))
    )
    return SimpleNamespace(
        account_id=account.id,
        ada=ada,
        message_id=message_id,
        sending_id=sending_id,
        back=f"{back}@{DOMAIN}",
        leave=f"{leave}@{DOMAIN}",
        names={"b": back, "u": leave},
    )


@asynccontextmanager
async def running(platform, *, database=None, woken=None, **changed) -> AsyncIterator[SimpleNamespace]:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    settings = replace(platform.settings, bounce_domain=DOMAIN, hello="mx.example.com", **changed)
    intake = Intake(
        settings,
        database or platform.database,
        platform.signer,
        listener=listener,
        wake_sender=(woken or asyncio.Event()).set,
    )
    task = asyncio.create_task(intake.run())
    await asyncio.sleep(0)
    try:
        yield SimpleNamespace(port=listener.getsockname()[1], intake=intake, task=task)
    finally:
        intake.stop()
        await task


@asynccontextmanager
async def connected(server) -> AsyncIterator[aiosmtplib.SMTP]:
    client = aiosmtplib.SMTP(hostname="127.0.0.1", port=server.port, use_tls=False, start_tls=False, timeout=20)
    async with client:
        yield client


async def post(server, to, content, *, sender="") -> tuple[int, str]:
    """Hand a mail over; return the last answer."""
    async with connected(server) as client:
        await client.ehlo()
        await client.mail(sender)
        for each in [to] if isinstance(to, str) else to:
            await client.rcpt(each)
        try:
            return await client.data(content)
        except aiosmtplib.SMTPDataError as error:
            return error.code, error.message


async def refused(server, to) -> int:
    async with connected(server) as client:
        await client.ehlo()
        await client.mail("stranger@example.net")
        try:
            return (await client.rcpt(to)).code
        except aiosmtplib.SMTPRecipientRefused as error:
            return error.code


def come_of(database, sent):
    """Return where Ada stands, why, and what was counted."""
    with database.transaction(sent.account_id) as tx:
        standing = get_profile(tx, sent.ada).subscriptions[1, Channel.EMAIL]
        return standing.status, standing.cause, counts(tx, sent.message_id)


async def test_a_bounce_is_recorded_before_it_is_answered(database, platform, sent):
    async with running(platform) as server:
        answer = await post(server, sent.back, load("postfix-user-unknown"))

        assert answer == (250, "2.0.0 recorded")
        assert come_of(database, sent) == (Status.UNSUBSCRIBED, Cause.BOUNCE, {"hard_bounces": 1})
    with database.transaction(sent.account_id) as tx:
        assert "User unknown" in history(tx, "ada@example.org")[-1].wording


async def test_the_same_mail_twice_counts_once_whatever_the_case_of_its_address(database, platform, sent):
    async with running(platform) as server:
        await post(server, sent.back, load("mailbox-full"))
        await post(server, sent.back.upper(), load("mailbox-full"))

    assert come_of(database, sent) == (Status.SUBSCRIBED, None, {"soft_bounces": 1})


@pytest.mark.parametrize("name", ["vacation", "delayed", "one-of-many-failed", "vacation-without-a-standard"])
async def test_what_is_no_bounce_is_taken_and_changes_nothing(database, platform, sent, name):
    async with running(platform) as server:
        assert (await post(server, sent.back, load(name)))[0] == 250

    assert come_of(database, sent) == (Status.SUBSCRIBED, None, {})


async def test_a_block_gives_nobody_up(database, platform, sent):
    async with running(platform, soft_bounces=1, soft_bounce_days=0) as server:
        await post(server, sent.back, load("blocked-by-list"))
        assert come_of(database, sent) == (Status.SUBSCRIBED, None, {"soft_bounces": 1})


async def test_patience_is_a_setting(database, platform, sent):
    async with running(platform, soft_bounces=1, soft_bounce_days=0) as server:
        await post(server, sent.back, load("mailbox-full"))

    assert come_of(database, sent) == (Status.UNSUBSCRIBED, Cause.BOUNCE, {"hard_bounces": 1})


@pytest.mark.parametrize("desk", ["fbl", "abuse", "Postmaster"])
@pytest.mark.parametrize("known", ["b", "u"])
async def test_a_complaint_is_known_by_an_address_of_the_mail_it_is_about(database, platform, sent, desk, known):
    content = load("complaint", **{known: sent.names[known]})

    async with running(platform) as server:
        assert (await post(server, f"{desk}@{DOMAIN}", content, sender="fbl@provider.example"))[0] == 250

    assert come_of(database, sent) == (Status.UNSUBSCRIBED, Cause.COMPLAINT, {"complaints": 1})


async def test_a_complaint_about_somebody_elses_mail_is_taken_and_nobody_suffers(database, platform, sent):
    async with running(platform) as server:
        assert (await post(server, f"fbl@{DOMAIN}", load("complaint")))[0] == 250

    assert come_of(database, sent) == (Status.SUBSCRIBED, None, {})


async def test_a_mail_to_leave_acts_at_once_and_says_goodbye_where_the_list_wants_it(database, platform, sent):
    woken = asyncio.Event()
    with database.transaction(sent.account_id) as tx:
        change_list(tx, 1, settings=replace(get_list(tx, 1).settings, send_email_optout=True))

    async with running(platform, woken=woken) as server:
        for _ in range(2):
            assert (await post(server, sent.leave, load("leave"), sender="ada@example.org"))[0] == 250

    assert woken.is_set()
    assert come_of(database, sent) == (Status.UNSUBSCRIBED, Cause.LIST_UNSUBSCRIBE, {"unsubscriptions": 1})
    with database.transaction(sent.account_id) as tx:
        proof = history(tx, "ada@example.org")[-1]
        assert (proof.source, proof.ip) == (Source.RECIPIENT, "127.0.0.1")
        assert proof.wording == "mail to List-Unsubscribe <77@example.org>"
        assert engaged(tx) == [(EventKind.UNSUBSCRIPTION.name, sent.ada, 1)]
        assert [each.kind for each in in_state(tx, DeliveryState.PLANNED, most=10)] == ["goodbye"]


async def test_whatever_a_person_writes_to_the_address_to_leave_by_they_leave(database, platform, sent):
    async with running(platform) as server:
        await post(server, sent.leave, load("question"), sender="ada@example.org")

    assert come_of(database, sent)[1] == Cause.LIST_UNSUBSCRIBE


@pytest.mark.parametrize("name", ["vacation", "postfix-user-unknown"])
async def test_programs_leave_no_list(database, platform, sent, name):
    async with running(platform) as server:
        assert (await post(server, sent.leave, load(name)))[0] == 250

    assert come_of(database, sent) == (Status.SUBSCRIBED, None, {})


async def test_who_asks_to_leave_at_the_return_path_leaves(database, platform, sent):
    async with running(platform) as server:
        await post(server, sent.back, load("leave-in-italian"), sender="ada@example.org")

    assert come_of(database, sent)[1] == Cause.LIST_UNSUBSCRIBE


async def test_a_person_is_told_that_nobody_reads_it(database, platform, sent):
    async with running(platform) as server:
        answers = [
            await post(server, to, load("question"), sender="ada@example.org") for to in (sent.back, f"abuse@{DOMAIN}")
        ]

    assert [code for code, _ in answers] == [550, 550]
    assert come_of(database, sent) == (Status.SUBSCRIBED, None, {})


async def test_what_nobody_understands_is_no_bounce_of_a_bounce(platform, sent):
    async with running(platform) as server:
        assert (await post(server, sent.back, b"\xff\x00 what?\r\n"))[0] == 250


async def test_only_genuine_addresses_of_the_domain_are_taken(platform, sent, account):
    other = platform.signer.sign(Purpose.LEAVE, Token(account.id, sent.ada, (1, sent.sending_id))).lower()
    changed = sent.names["b"][:-1] + ("a" if sent.names["b"][-1] != "a" else "e")
    wrong = [
        "someone@example.net",
        sent.back.replace(DOMAIN, "example.net"),
        f"{sent.back}.example.net",
        f"someone@{DOMAIN}",
        f"{changed[:20]}{'b' if changed[20] == 'a' else 'a'}{changed[21:]}@{DOMAIN}",
        f"b-{other}@{DOMAIN}"[:200],
        f"u-{sent.names['b'][2:]}@{DOMAIN}",
        f"b-@{DOMAIN}",
        f"b-{'a' * 400}@{DOMAIN}",
        f"noreply+{sent.names['b']}@{DOMAIN}",
    ]

    async with running(platform) as server:
        assert [await refused(server, to) for to in wrong] == [550] * len(wrong)
        assert [await refused(server, to) for to in (sent.back, sent.leave, f"postmaster@{DOMAIN}")] == [250] * 3


async def test_a_mail_to_several_counts_for_each(database, platform, sent, account):
    with database.transaction(account.id) as tx:
        bob = person(tx, "bob")
    token = CampaignToken(account.id, bob, sent.sending_id)
    his = f"b-{platform.signer.sign_address(Purpose.RETURN, token)}@{DOMAIN}"

    async with running(platform) as server:
        await post(server, [sent.back, his, sent.back], load("postfix-user-unknown"))

    assert come_of(database, sent)[2] == {"hard_bounces": 2}


async def test_the_mail_behind_a_report_may_be_long(database, platform, sent):
    content = load("postfix-user-unknown") + b"x" * 90_000 + b"\r\n" + (b"y" * 998 + b"\r\n") * 12_000 + b"..\r\n"

    async with running(platform) as server:
        assert (await post(server, sent.back, content))[0] == 250

    assert come_of(database, sent)[1] == Cause.BOUNCE


class Away:
    """A database that does not answer."""

    async def write_across(self, *_args, **_kwargs):
        raise DatabaseUnavailable("the disk is full")


class Broken:
    """A database with a mistake of ours in it."""

    async def write_across(self, *_args, **_kwargs):
        raise ZeroDivisionError("ada@example.org")


@pytest.mark.parametrize("trouble", [Away(), Broken()])
async def test_what_cannot_be_recorded_is_asked_for_again(platform, sent, trouble):
    async with running(platform, database=trouble) as server:
        answer = await post(server, sent.back, load("postfix-user-unknown"))

    assert answer == (451, "4.3.0 not now: it could not be recorded")


async def test_who_guesses_addresses_is_sent_away(platform, sent):
    async with running(platform) as server:
        async with connected(server) as client:
            await client.ehlo()
            await client.mail("stranger@example.net")
            codes = []
            for number in range(GUESSES_IN_A_WINDOW + 1):
                try:
                    await client.rcpt(f"b-{number}@{DOMAIN}")
                except (aiosmtplib.SMTPRecipientRefused, aiosmtplib.SMTPServerDisconnected) as error:
                    codes.append(getattr(error, "code", 0))
        with pytest.raises(aiosmtplib.SMTPConnectError):
            async with connected(server):
                pass

    assert codes[:-1] == [550] * GUESSES_IN_A_WINDOW
    assert codes[-1] in (0, 421)


async def test_a_mail_server_of_ours_in_front_is_spared(database, platform, sent):
    async with running(platform, trusted_proxies=("127.0.0.0/8",)) as server:
        async with connected(server) as client:
            await client.ehlo()
            await client.mail("stranger@example.net")
            for number in range(GUESSES_IN_A_WINDOW + 5):
                with pytest.raises(aiosmtplib.SMTPRecipientRefused):
                    await client.rcpt(f"b-{number}@{DOMAIN}")
        await post(server, sent.leave, load("leave"), sender="ada@example.org")

    with database.transaction(sent.account_id) as tx:
        assert history(tx, "ada@example.org")[-1].ip == ""


async def test_a_network_has_so_many_connections_and_no_more(platform):
    async with running(platform) as server:
        open_ones = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(MOST_OF_A_NETWORK)]
        for reader, _ in open_ones:
            assert (await reader.readline()).startswith(b"220 mx.example.com ESMTP")
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        assert (await reader.read()).startswith(b"421 ")
        writer.close()
        for _, each in open_ones:
            each.close()
            await each.wait_closed()
        await asyncio.sleep(0.05)

        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        assert (await reader.readline()).startswith(b"220 ")
        writer.close()


async def test_a_peer_that_goes_away_in_the_middle_is_no_failure(platform, sent, caplog):
    caplog.set_level(logging.WARNING)
    async with running(platform) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(f"EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<{sent.back}>\r\nDATA\r\nSubject: half".encode())
        await reader.readuntil(b"354 ")
        writer.transport.abort()
        await asyncio.sleep(0.05)

    assert caplog.records == []


async def test_mail_in_transfer_is_recorded_when_the_intake_is_stopped(database, platform, sent):
    async with running(platform) as server:
        idle, idle_writer = await asyncio.open_connection("127.0.0.1", server.port)
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(f"EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<{sent.back}>\r\nDATA\r\n".encode())
        await reader.readuntil(b"354 ")
        server.intake.stop()
        await asyncio.sleep(0.15)
        assert not server.task.done()
        writer.write(load("postfix-user-unknown") + b"\r\n.\r\n")
        assert b"250 2.0.0" in await reader.readuntil(b"recorded\r\n")
        await asyncio.wait_for(server.task, 5)
        assert (await idle.read()).startswith(b"220 ")
        for each in (writer, idle_writer):
            each.close()
            await each.wait_closed()

    assert come_of(database, sent)[1] == Cause.BOUNCE


async def test_nothing_listens_where_there_is_no_listener(platform):
    intake = Intake(platform.settings, platform.database, platform.signer, listener=None, wake_sender=lambda: None)
    task = asyncio.create_task(intake.run())
    await asyncio.sleep(0.01)
    assert not task.done()

    intake.stop()
    await asyncio.wait_for(task, timedelta(seconds=5).total_seconds())


async def test_what_came_back_is_counted(platform, sent):
    def value(deed):
        return REGISTRY.get_sample_value("staffetta_returns_total", {"kind": deed}) or 0

    before = value("hard_bounce")
    async with running(platform) as server:
        await post(server, sent.back, load("postfix-user-unknown"))

    assert value("hard_bounce") == before + 1


async def test_hostile_words_are_answered_in_smtp(platform, sent):
    async with running(platform) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        await reader.readline()
        for words in (
            b"\xff\xfe\r\n",
            b"EHLO " + b"x" * 600 + b"\r\n",
            b"EHLO x\r\n",
            b"MAIL FROM:<" + b"<" * 300 + b">\r\n",
            b"MAIL FROM:<> SIZE=99999999999\r\n",
            b"RCPT TO:<@@>\r\n",
            b"DATA\r\n",
            b"AUTH PLAIN AAAA\r\n",
            b"x" * 200_000 + b"\r\n",
        ):
            writer.write(words)
            answer = await reader.readline()
            while answer[3:4] == b"-":
                answer = await reader.readline()
            assert answer[:1] == (b"2" if words == b"EHLO x\r\n" else b"5"), (words[:40], answer)
        writer.close()
