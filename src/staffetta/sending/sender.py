"""The sender: as many workers as the relays take connections, all feeding on one outbox.

Promise: a delivery is `talking` in the database before its last octet leaves, and its outcome is committed before the
next batch is claimed. A crash can leave in doubt only what is in talk, at most `in_doubt_window` deliveries; it loses
nothing, and repeats nothing unless the policy for deliveries in doubt says so.
"""

import asyncio
import socket
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import NamedTuple

import structlog
from msgspec.structs import replace

from staffetta import campaigns
from staffetta.campaigns import settle_campaign_orphans
from staffetta.db import Database, DatabaseUnavailable
from staffetta.kit.clock import utc_now
from staffetta.kit.counting import DELIVERIES
from staffetta.kit.hosts import mail_domain
from staffetta.outbox import Outcome, end_lease, keep_lease, next_due_at, settle_orphans, take_lease
from staffetta.sending import smtp
from staffetta.sending.batches import DeadAddress, Work, step
from staffetta.sending.campaigning import Campaigner, batch_of, outcome_of_failure, outcomes_wait
from staffetta.sending.catching import catch_campaign, catch_due
from staffetta.sending.composing import Composer
from staffetta.sending.judging import is_dead, judge
from staffetta.sending.pacing import Pacer
from staffetta.sending.pacing_queries import share_pace
from staffetta.sending.signing import DkimSigner, from_domain
from staffetta.sending.window import Crew, Window
from staffetta.settings import Relay, Settings
from staffetta.tracking import Signer

log = structlog.get_logger()

# What other processes plan is found within this time; what this process plans wakes the sender at once.
POLL_SECONDS = 0.5
# What is planned within this time of each other leaves in one batch.
GATHER_SECONDS = 0.005
# How soon it is looked again whether there is room in the in-doubt window.
FULL_SECONDS = 0.05
# A relay is spared an idle connection after this time, and most relays end one after five minutes anyway.
IDLE_SECONDS = 30.0
# After a relay could not be reached, the next try waits this long, doubled each time.
FIRST_BACK_OFF_SECONDS, LONGEST_BACK_OFF_SECONDS = 1.0, 60.0
# A sender has this many chances to renew its lease before others take it for dead.
RENEWALS_IN_A_LEASE = 6
MOST_CAUGHT_AT_ONCE = 100
# How often senders tell each other what relays and domains have asked for.
PACE_SECONDS = 5.0
# Mails that people wait for are of any account; what one account may send of campaigns is not asked of them.
EVERY_ACCOUNT = 0


class Batch(NamedTuple):
    """What was claimed at once; a full one is followed by another."""

    work: Sequence[Work]
    is_full: bool


NOTHING = Batch((), is_full=False)


class Sender:
    """Sends what is due until it is stopped."""

    def __init__(self, settings: Settings, database: Database, signer: Signer) -> None:
        self._settings = settings
        self._database = database
        self._composer = Composer(settings, signer)
        self._relays = [Relay.parse(url) for url in settings.relays]
        self._dkim = DkimSigner(settings, database)
        self._pacer = Pacer(settings, self._relays)
        self._window = Window(settings.in_doubt_window)
        self._crews = {relay: Crew(relay.connections, self._share(relay)) for relay in self._relays}
        self._campaigner = Campaigner(
            settings,
            database,
            signer,
            dkim=self._dkim,
            pacer=self._pacer,
            window=self._window,
        )
        # Not getfqdn: it asks DNS, and where none answers the start would wait for it.
        self._hello = settings.hello or mail_domain(socket.gethostname())
        self._lease = 0
        self._lease_lasts = timedelta(seconds=settings.lease_seconds)
        # That a mail is due, that a campaign may be, and either: what idle workers wait for.
        self._due = asyncio.Event()
        self._campaigns = asyncio.Event()
        self._work = asyncio.Event()
        self._looking = asyncio.Lock()
        self._stopping = asyncio.Event()

    def wake(self) -> None:
        """Say that a mail was planned, or a message launched, and committed."""
        self._due.set()
        self._look_for_campaigns()

    def stop(self) -> None:
        """Claim no more; `run` returns when what is in talk has its outcome."""
        self._stopping.set()
        self.wake()

    async def run(self) -> None:
        """Send until `stop`, whatever relays and the database do meanwhile."""
        await self._begin()
        workers = [self._work_for(relay) for relay in self._relays for _ in range(relay.connections)]
        tasks = [asyncio.create_task(worker) for worker in workers or [self._catch()]]
        tasks += [asyncio.create_task(each) for each in (self._watch(), self._keep_lease(), self._keep_pace())]
        await asyncio.gather(*tasks)
        self._dkim.close()
        with suppress(DatabaseUnavailable):
            await self._database.write_across(end_lease, self._lease)

    async def _begin(self) -> None:
        """Take a lease, and settle what senders that died had in talk."""
        while not self._lease and not self._stopping.is_set():
            try:
                alone = self._database.dialect_name == "sqlite"
                self._lease = await self._database.write_across(
                    take_lease, alone=alone, lasting=self._lease_lasts, now=utc_now()
                )
                await self._settle_orphans()
                await self._share_pace()
            except DatabaseUnavailable:
                await self._pause(POLL_SECONDS)
            except Exception:
                log.exception("beginning to send failed")
                await self._pause(LONGEST_BACK_OFF_SECONDS)

    async def _settle_orphans(self) -> None:
        policy = self._settings.in_doubt
        doubtful = await self._database.write_across(settle_orphans, policy, now=utc_now())
        doubtful += await self._database.write_across(settle_campaign_orphans, policy, now=utc_now())
        if doubtful:
            log.warning("deliveries in doubt after a crash", deliveries=doubtful, policy=self._settings.in_doubt.value)

    async def _keep_lease(self) -> None:
        """Stay known as alive, and find out who is not."""
        while not await self._pause(self._settings.lease_seconds / RENEWALS_IN_A_LEASE):
            with _whatever_happens("keeping the lease"):
                await self._database.write_across(keep_lease, self._lease, lasting=self._lease_lasts, now=utc_now())
                await self._settle_orphans()

    async def _keep_pace(self) -> None:
        """Tell other senders what this one has found out of relays and domains, and hear what they have."""
        while not await self._pause(PACE_SECONDS):
            with _whatever_happens("sharing the pace"):
                await self._share_pace()

    async def _share_pace(self) -> None:
        news, now = self._pacer.news(), utc_now()
        known = await self._database.write_across(share_pace, news, self._pacer.warming_relays, now=now)
        if news:
            self._pacer.told(news)
        self._pacer.learn(known, now=now)

    async def _watch(self) -> None:
        """Wake the workers when something is due that nobody told of: a retry, or another process's mail."""
        while True:
            with _whatever_happens("looking for what is due"):
                due_at = await self._database.read_across(next_due_at)
                if due_at and due_at <= utc_now():
                    self._due.set()
                    self._work.set()
                due_at = await self._database.read_across(campaigns.due_at, now=utc_now())
                if due_at and due_at <= utc_now():
                    self._look_for_campaigns()
            if await self._pause(POLL_SECONDS):
                return

    async def _catch(self) -> None:
        while not self._stopping.is_set():
            await self._work.wait()
            self._work.clear()
            self._due.clear()
            try:
                while await self._database.write_across(
                    catch_due, self._composer, lease=self._lease, most=MOST_CAUGHT_AT_ONCE, now=utc_now()
                ):
                    pass
                while await self._database.write_across(
                    catch_campaign, self._campaigner, lease=self._lease, most=MOST_CAUGHT_AT_ONCE, now=utc_now()
                ):
                    pass
            except DatabaseUnavailable:
                await self._pause(POLL_SECONDS)
            except Exception:
                log.exception("catching mail failed")
                await self._pause(LONGEST_BACK_OFF_SECONDS)

    async def _work_for(self, relay: Relay) -> None:
        """Keep one connection to a relay busy: open it when something is due, close it when nothing has been."""
        connection: smtp.Connection | None = None
        back_off, hung_up = FIRST_BACK_OFF_SECONDS, False
        while not self._stopping.is_set():
            try:
                if not await self._something_due(idle=connection is not None):
                    await _close(connection)
                    connection = None
                    continue
                if connection is None or not connection.is_open:
                    connection = await smtp.Connection.open(relay, hello=self._hello)
                    connection.is_on_trial = hung_up
                self._work.clear()
                await self._take_part(connection, relay, self._crews[relay])
                hung_up = not (connection.is_open or connection.has_accepted)
                if not hung_up:
                    back_off = FIRST_BACK_OFF_SECONDS
                    continue
                log.warning("relay ended the session and took nothing", relay=relay.host, port=relay.port)
            except smtp.RelayUnavailable as error:
                log.warning("relay unavailable", relay=relay.host, port=relay.port, reason=str(error))
            except DatabaseUnavailable as error:
                log.error("database unavailable to the sender", reason=str(error))  # noqa: TRY400 - weather, no bug
            except Exception:
                log.exception("sending failed")
            await _close(connection)
            connection = None
            self.wake()
            await self._pause(back_off)
            back_off = min(back_off * 2, LONGEST_BACK_OFF_SECONDS)
        await _close(connection)

    async def _something_due(self, *, idle: bool) -> bool:
        if not idle:
            await self._work.wait()
            return not self._stopping.is_set()
        try:
            await asyncio.wait_for(self._work.wait(), IDLE_SECONDS)
        except TimeoutError:
            return False
        return not self._stopping.is_set()

    async def _take_part(self, connection: smtp.Connection, relay: Relay, crew: Crew) -> None:
        """Send what there is, if the crew wants one more."""
        if not (self._due.is_set() or self._campaigns.is_set()) or not crew.join():
            return
        try:
            if await self._feed(connection, relay, crew, await self._gather(connection, relay, crew)):
                await self._feed_campaigns(connection, relay, crew)
        finally:
            crew.leave()
            if self._due.is_set() or self._campaigns.is_set():  # somebody may have been turned away
                self._work.set()

    async def _gather(self, connection: smtp.Connection, relay: Relay, crew: Crew) -> Batch:
        """Claim a first batch: one worker at a time looks for work, and waits a moment for company.

        A commit for every single mail, by every worker in turn, would take turns with the sign-ups that cause them.
        """
        async with self._looking:
            if not self._due.is_set() or await self._pause(GATHER_SECONDS):
                return NOTHING
            return await self._claim(relay, crew, (), (), most=batch_of(connection, crew))

    async def _feed(self, connection: smtp.Connection, relay: Relay, crew: Crew, batch: Batch) -> bool:
        """Hand over batch after batch for as long as they are full; False when the crew has one too many."""
        while batch.work:
            before = connection.batches
            try:
                outcomes, dead = await self._hand_over(connection, relay, batch.work)
            except Exception:
                log.exception("handing a batch over failed")
                outcomes, dead = self._all_alike(batch.work, outcome_of_failure(connection, before)), []
            crew.look(streams=connection.streams, talked=connection.talked())
            stays = not crew.gives_up_one()
            goes_on = stays and batch.is_full and connection.is_open and not self._stopping.is_set()
            most = batch_of(connection, crew) if goes_on else 0
            batch = await self._claim(relay, crew, outcomes, dead, most=most)
            if not stays:
                return False
        return True

    async def _feed_campaigns(self, connection: smtp.Connection, relay: Relay, crew: Crew) -> None:
        """Send what campaigns have to send, until a mail is due that somebody waits for."""
        if not self._campaigns.is_set():
            return
        self._campaigns.clear()
        await self._campaigner.feed(
            connection,
            relay,
            crew,
            lease=lambda: self._lease,
            goes_on=lambda: not (self._due.is_set() or self._stopping.is_set()),
            found=self._look_for_campaigns,
        )

    def _look_for_campaigns(self) -> None:
        self._campaigns.set()
        self._work.set()

    async def _claim(
        self, relay: Relay, crew: Crew, outcomes: Sequence[Outcome], dead: Sequence[DeadAddress], *, most: int
    ) -> Batch:
        """Commit outcomes and claim the next batch; a full one says to the other workers that there is more."""
        held = len(outcomes)
        room = self._window.reserve(held, most)
        if not (room or held):
            await self._pause(FULL_SECONDS)
            return NOTHING
        if room:
            self._due.clear()  # before it is looked: what is planned meanwhile sets it again
        granted, work = self._pacer.take(relay, EVERY_ACCOUNT, room, utc_now()) if room else 0, []
        try:
            work = await self._step(outcomes, dead, most=granted)
        finally:
            self._window.settle(held, room, len(work))
            self._pacer.give_back(relay, EVERY_ACCOUNT, granted - len(work))
        is_full = 0 < room == len(work)
        if is_full:
            self._due.set()
            if not crew.is_full:
                self._work.set()
        return Batch(work, is_full)

    async def _step(self, outcomes: Sequence[Outcome], dead: Sequence[DeadAddress], *, most: int) -> list[Work]:
        """Commit outcomes and claim the next batch; outcomes are not given up while the database is away.

        A mail that was accepted and not recorded would be sent again, so this waits for the database for as long as
        the process lives; a crash meanwhile leaves these deliveries in doubt.
        """
        while True:
            try:
                work = await self._database.write_across(
                    step, outcomes, dead, lease=self._lease, most=most, now=utc_now()
                )
            except Exception as error:
                if not outcomes:
                    raise
                await outcomes_wait(error, len(outcomes))
            else:
                count(outcomes)
                return work

    async def _hand_over(
        self, connection: smtp.Connection, relay: Relay, work: Sequence[Work]
    ) -> tuple[list[Outcome], list[DeadAddress]]:
        now = utc_now()
        policy = self._settings.in_doubt
        outcomes: list[Outcome] = []
        ready: list[Work] = []
        envelopes: list[smtp.Envelope] = []
        for each in work:
            try:
                envelopes.append(self._composer.compose(each, now=now))
                ready.append(each)
            except Exception as error:  # one mail that cannot be written holds up no other
                log.exception("a mail cannot be written", delivery=each.delivery.id)
                unwritten = smtp.Rejected(
                    smtp.Reply(550, f"it cannot be written: {type(error).__name__}"), "DATA", local=True
                )
                outcomes.append(judge(each.delivery, unwritten, policy, now=now))
        results = await self._sent(connection, envelopes)
        now = utc_now()
        for each, result in zip(ready, results, strict=True):
            self._pacer.heard(relay, each.delivery.address.rpartition("@")[2], result, now=now)
        outcomes += [judge(each.delivery, result, policy, now=now) for each, result in zip(ready, results, strict=True)]
        dead = [
            DeadAddress(each.account.id, each.delivery.address)
            for each, result in zip(ready, results, strict=True)
            if is_dead(result)
        ]
        return outcomes, dead

    def _all_alike(self, work: Sequence[Work], outcome: smtp.Outcome) -> list[Outcome]:
        now = utc_now()
        return [judge(each.delivery, outcome, self._settings.in_doubt, now=now) for each in work]

    async def _sent(self, connection: smtp.Connection, envelopes: Sequence[smtp.Envelope]) -> list[smtp.Outcome]:
        """Hand mails over with the signatures of their authors' domains; one that cannot be signed now waits."""
        if not await self._dkim.signs():
            return await connection.send(envelopes)
        contents = await self._dkim.sign_many([(from_domain(each.content), each.content) for each in envelopes])
        signed = [
            replace(each, content=content)
            for each, content in zip(envelopes, contents, strict=True)
            if isinstance(content, bytes)
        ]
        results = iter(await connection.send(signed))
        return [next(results) if isinstance(content, bytes) else content for content in contents]

    def _share(self, relay: Relay) -> int:
        """Return how much of the in-doubt window a relay takes, by the relays' weights."""
        all_weights = sum(each.weight * each.connections for each in self._relays)
        return max(1, self._settings.in_doubt_window * relay.weight * relay.connections // all_weights)

    async def _pause(self, seconds: float) -> bool:
        """Wait, or return True at once when the sender is to stop."""
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return False
        return True


def count(outcomes: Sequence[Outcome]) -> None:
    """Count outcomes by their state."""
    for state, number in Counter(each.state for each in outcomes).items():
        DELIVERIES.labels(state.name.lower()).inc(number)


@contextmanager
def _whatever_happens(doing: str) -> Iterator[None]:
    """Go on after a failure: what is tried again in a moment must not end the process."""
    try:
        yield
    except DatabaseUnavailable:
        pass
    except Exception:
        log.exception("the sender goes on", after=doing)


async def _close(connection: smtp.Connection | None) -> None:
    if connection is not None:
        await connection.close()
