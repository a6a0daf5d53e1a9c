"""Campaigns on one connection: claim a batch, write its mails, hand them over, record what became of them.

The same promise as the sender's: what is in talk is in the database before its last octet leaves, the outcome is
committed together with the next claim, and no connection has more in talk than its share of the in-doubt window.
"""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog

from staffetta import campaigns
from staffetta.campaigns import (
    Addressee,
    Bounce,
    CampaignOutcome,
    Claimed,
    CompiledCampaign,
    Patience,
    Recorded,
    Turns,
    Written,
    author_domain,
    record_bounces,
)
from staffetta.db import Connection, Database, DatabaseUnavailable, apart, brief
from staffetta.imports import lists_of_open
from staffetta.kit.clock import utc_now
from staffetta.kit.counting import DELIVERIES
from staffetta.messages import needs_smtputf8
from staffetta.outbox import DeliveryState
from staffetta.sending import smtp
from staffetta.sending.judging import bounce_of, settle
from staffetta.sending.pacing import News, Pacer
from staffetta.sending.pacing_queries import tell
from staffetta.sending.signing import DkimSigner
from staffetta.sending.window import Crew, Window
from staffetta.settings import InDoubtPolicy, Relay, Settings
from staffetta.tracking import Signer

log = structlog.get_logger()

MOST_COMPILED = 100
# How long outcomes wait before the database is asked again.
AGAIN_SECONDS = 0.5
# How long, where it was not the database's weather.
AGAIN_AFTER_FAULT_SECONDS = 10.0


class Results(NamedTuple):
    """What became of a batch, and what has come back of it."""

    recorded: Recorded
    bounces: Sequence[Bounce]
    patience: Patience


class Mail(NamedTuple):
    """A mail of a batch, and whose it is."""

    to: Addressee
    written: Written


class Budget:
    """What one relay may get now, by the accounts that want to send."""

    def __init__(self, pacer: Pacer, relay: Relay) -> None:
        self._pacer = pacer
        self._relay = relay
        self._taken: Counter[int] = Counter()

    def begin(self) -> None:
        """Begin to take; what was taken since the last `keep` is given back, for the step came to nothing."""
        for account_id, count in self._taken.items():
            self._pacer.give_back(self._relay, account_id, count)
        self._taken.clear()

    def keep(self) -> None:
        """Say that what was taken has been committed."""
        self._taken.clear()

    def take(self, account_id: int, most: int) -> int:
        """Return how many mails of an account, up to `most`, may leave now; they count as gone."""
        granted = self._pacer.take(self._relay, account_id, most, utc_now())
        self._taken[account_id] += granted
        return granted

    def give_back(self, account_id: int, count: int) -> None:
        """Say that so many did not leave."""
        self._pacer.give_back(self._relay, account_id, count)
        self._taken[account_id] -= count


@apart
@brief
def campaign_step(
    connection: Connection,
    results: Results | None,
    news: News | None,
    turns: Turns,
    budget: Budget | None,
    *,
    lease: int,
    most: int,
    now: datetime,
) -> Claimed | None:
    """Record what became of a batch with what follows from it, and claim the next, all with one commit."""
    if news:
        tell(connection, news, now=now)
    recorded = results.recorded if results else None
    claimed = campaigns.step(connection, recorded, turns, budget, lease=lease, most=most, now=now)
    # After the sending, whose lock comes before that of the message's counters.
    if results and results.bounces:
        record_bounces(connection, results.bounces, patience=results.patience, now=now)
    return claimed


class Campaigner:
    """Writes and hands over the mails of sendings; one for all connections of a process."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        signer: Signer,
        *,
        dkim: DkimSigner,
        pacer: Pacer,
        window: Window,
    ) -> None:
        self.turns = Turns(alone=database.dialect_name == "sqlite", busy_lists=lists_of_open)
        self._settings = settings
        self._database = database
        self._signer = signer
        self._dkim = dkim
        self._pacer = pacer
        self._patience = Patience(settings.soft_bounces, timedelta(days=settings.soft_bounce_days))
        self._compiled: OrderedDict[tuple[int, int], tuple[CompiledCampaign, str]] = OrderedDict()
        # Mails that were written before they were claimed, of the sending that was busy last; by recipient.
        self._written: dict[int, Mail] = {}
        self._written_of = (0, 0)
        self._window = window

    async def feed(
        self,
        connection: smtp.Connection,
        relay: Relay,
        crew: Crew,
        *,
        lease: Callable[[], int],
        goes_on: Callable[[], bool],
        found: Callable[[], None],
    ) -> None:
        """Hand over batch after batch, as long as there are any, the connection stands and `goes_on` says so.

        The caller has joined the crew. `found` is told of batches where more connections would do: there may be work
        for others, too.

        Raises:
            DatabaseUnavailable: nothing could be claimed; nothing is in talk.

        """
        results: Results | None = None
        budget = Budget(self._pacer, relay)
        held = 0
        while True:
            crew.look(streams=connection.streams, talked=connection.talked())
            gives_up = crew.gives_up_one()
            claims = goes_on() and connection.is_open and not gives_up
            wanted = batch_of(connection, crew) if claims else 0
            granted, claimed = self._window.reserve(held, wanted), None
            try:
                claimed = await self._step(results, budget, lease=lease(), most=granted)
            finally:
                in_talk = len(claimed.people) if claimed else 0
                self._window.settle(held, granted, in_talk)
                held = in_talk
            if claimed is None:
                if gives_up or not connection.is_open:  # there may be more, and nobody else at it
                    found()
                return
            if not crew.is_full:
                found()
            results = None
            if claimed.people:
                before = connection.batches
                try:
                    results = await self._hand_over(connection, relay, crew, claimed)
                except Exception:
                    log.exception("handing a batch over failed", sending=claimed.sending.id)
                    results = self._all_alike(claimed, outcome_of_failure(connection, before))

    async def _step(self, results: Results | None, budget: Budget, *, lease: int, most: int) -> Claimed | None:
        """Commit what became of a batch and claim the next; outcomes are not given up while the database is away."""
        paced = None if self._pacer.is_idle else budget
        while True:
            news = None if paced is None else self._pacer.news()
            try:
                claimed = await self._database.write_across(
                    campaign_step, results, news, self.turns, paced, lease=lease, most=most, now=utc_now()
                )
            except Exception as error:
                if results is None:
                    budget.begin()
                    raise
                await outcomes_wait(error, len(results.recorded.claimed.people))
            else:
                budget.keep()
                if claimed:
                    self.turns.pass_over(claimed)
                if news:
                    self._pacer.told(news)
                if results is not None:
                    _count(results.recorded)
                return claimed

    async def _hand_over(self, connection: smtp.Connection, relay: Relay, crew: Crew, claimed: Claimed) -> Results:
        now = utc_now()
        people, others = self._spare_domains(relay, claimed, now)
        mails, unwritten = self.write(claimed, people, now=now)
        contents = await self._signed(claimed, mails)
        envelopes = [
            _envelope(each.written, content)
            for each, content in zip(mails, contents, strict=True)
            if isinstance(content, bytes)
        ]
        talk = asyncio.ensure_future(connection.send(envelopes))
        await asyncio.sleep(0)  # it begins to write
        self._write_ahead(claimed, crew.active, now)
        results = iter(await talk)
        outcomes = [
            (each, next(results), len(content)) if isinstance(content, bytes) else (each, content, 0)
            for each, content in zip(mails, contents, strict=True)
        ]
        return self._judged(relay, claimed, outcomes, [*others, *unwritten])

    def _write_ahead(self, claimed: Claimed, batches: int, now: datetime) -> None:
        """Write the mails that are likely to be claimed next, while the relay reads those of this batch."""
        key = (claimed.mailing.account.id, claimed.sending.id)
        if not claimed.is_fresh or key not in self._compiled:
            return
        if key != self._written_of:
            self._written, self._written_of = {}, key
        render, size = self._compiled[key][0].render, len(claimed.people)
        ahead = self.turns.ahead(*key, most=size * max(1, batches))
        if len(self._written) > 2 * len(ahead):  # others have claimed them, or they left the list
            likely = {each.recipient_id for each in ahead}
            self._written = {each: mail for each, mail in self._written.items() if each in likely}
        written = self._written
        for each in ahead:
            known = written.get(each.recipient_id)
            if known is not None and known.to is each:
                continue
            with suppress(Exception):  # it is told when it is claimed
                written[each.recipient_id] = Mail(each, render(each, now=now))
            size -= 1
            if not size:
                return

    async def _signed(self, claimed: Claimed, mails: Sequence[Mail]) -> list[bytes | smtp.Deferred]:
        """Return the contents of mails with their signatures, where their author's domain has keys."""
        if not mails or not await self._dkim.signs():
            return [each.written.content for each in mails]
        domain = self._compile(claimed)[1]
        return await self._dkim.sign_many([(domain, each.written.content) for each in mails])

    def _spare_domains(
        self, relay: Relay, claimed: Claimed, now: datetime
    ) -> tuple[Sequence[Addressee], list[CampaignOutcome]]:
        """Return who may be written to now, and until when the others wait for their domain's sake."""
        if self._pacer.is_idle:
            return claimed.people, []
        slots = self._pacer.slots(relay, [_domain(each) for each in claimed.people], now)
        people = [each for each, slot in zip(claimed.people, slots, strict=True) if slot is None]
        put_off = [
            CampaignOutcome(
                each.recipient_id,
                DeliveryState.DEFERRED,
                slot,
                claimed.attempts.get(each.recipient_id, 1) - 1,
                "its domain is written to more slowly",
            )
            for each, slot in zip(claimed.people, slots, strict=True)
            if slot is not None
        ]
        self._pacer.give_back(relay, claimed.mailing.account.id, len(put_off))
        return people, put_off

    def write(
        self, claimed: Claimed, people: Sequence[Addressee], *, now: datetime
    ) -> tuple[list[Mail], list[CampaignOutcome]]:
        """Return the mails of a batch, and what became of those that cannot be written."""
        mails: list[Mail] = []
        unwritten: list[CampaignOutcome] = []
        try:
            render = self._compile(claimed)[0].render
        except Exception as error:  # a message that cannot be written holds up no other
            log.exception("a message cannot be written", sending=claimed.sending.id)
            return [], [_unwritten(claimed, each, error, now) for each in people]
        ours = self._written_of == (claimed.mailing.account.id, claimed.sending.id)
        written = self._written if ours else {}
        for each in people:
            ahead = written.pop(each.recipient_id, None)
            if ahead is not None and ahead.to is each:
                mails.append(ahead)
                continue
            try:
                mails.append(Mail(each, render(each, now=now)))
            except Exception as error:  # one mail that cannot be written holds up no other
                log.exception("a mail cannot be written", sending=claimed.sending.id, recipient=each.recipient_id)
                unwritten.append(_unwritten(claimed, each, error, now))
        return mails, unwritten

    def _compile(self, claimed: Claimed) -> tuple[CompiledCampaign, str]:
        mailing = claimed.mailing
        key = (mailing.account.id, claimed.sending.id)
        found = self._compiled.get(key)
        if found is None:
            compiled = campaigns.compile_campaign(
                mailing, settings=self._settings, signer=self._signer, images=mailing.images
            )
            found = self._compiled[key] = (compiled, author_domain(mailing))
            if len(self._compiled) > MOST_COMPILED:
                self._compiled.popitem(last=False)
        return found

    def _all_alike(self, claimed: Claimed, outcome: smtp.Outcome) -> Results:
        now = utc_now()
        others = [self._settled(claimed, each.recipient_id, outcome, now) for each in claimed.people]
        return Results(Recorded(claimed, (), "", 0, others), (), self._patience)

    def _settled(self, claimed: Claimed, recipient_id: int, outcome: smtp.Outcome, now: datetime) -> CampaignOutcome:
        policy = InDoubtPolicy(claimed.sending.in_doubt) if claimed.sending.in_doubt else self._settings.in_doubt
        settled = settle(
            outcome,
            policy,
            attempts=claimed.attempts.get(recipient_id, 1),
            first_tried_at=claimed.first_tried_at.get(recipient_id, now),
            now=now,
        )
        return CampaignOutcome(recipient_id, *settled)

    def _judged(
        self,
        relay: Relay,
        claimed: Claimed,
        outcomes: Sequence[tuple[Mail, smtp.Outcome, int]],
        others: list[CampaignOutcome],
    ) -> Results:
        now = utc_now()
        sent: list[int] = []
        bounces: list[Bounce] = []
        octets = 0
        for mail, outcome, size in outcomes:
            if isinstance(outcome, smtp.Accepted):
                sent.append(mail.to.recipient_id)
                octets += size
                continue
            recipient_id = mail.to.recipient_id
            judged = self._settled(claimed, recipient_id, outcome, now)
            others.append(judged)
            self._pacer.heard(relay, _domain(mail.to), outcome, now=now)
            bounce = bounce_of(
                outcome,
                account_id=claimed.mailing.account.id,
                message_id=claimed.sending.message_id,
                sending_id=claimed.sending.id,
                recipient_id=recipient_id,
                given_up=judged.state == DeliveryState.FAILED,
            )
            if bounce:
                bounces.append(bounce)
        return Results(Recorded(claimed, sent, "", octets, others), bounces, self._patience)


def batch_of(connection: smtp.Connection, crew: Crew) -> int:
    """Return how much to hand over at once: a single mail, where the relay has lately hung up on all that it got."""
    return crew.batch if connection.is_proven else 1


def outcome_of_failure(connection: smtp.Connection, before: int) -> smtp.Outcome:
    """Return what became of mails when handing them over failed by our mistake; `before` is `batches` before that."""
    if connection.batches == before:
        return smtp.Untouched("it could not be handed over")
    return smtp.InDoubt("handing it over failed")


async def outcomes_wait(error: Exception, deliveries: int) -> None:
    """Wait a while for a database that did not take outcomes, whatever the reason: they are not given up."""
    if isinstance(error, DatabaseUnavailable):
        log.error("outcomes wait for the database", deliveries=deliveries)
        await asyncio.sleep(AGAIN_SECONDS)
    else:
        log.error("outcomes cannot be recorded", deliveries=deliveries, exc_info=error)
        await asyncio.sleep(AGAIN_AFTER_FAULT_SECONDS)


def _unwritten(claimed: Claimed, to: Addressee, error: Exception, now: datetime) -> CampaignOutcome:
    attempts = claimed.attempts.get(to.recipient_id, 1)
    reply = f"550 it cannot be written: {type(error).__name__}"
    return CampaignOutcome(to.recipient_id, DeliveryState.FAILED, now, attempts, reply)


def _domain(to: Addressee) -> str:
    return to.email.rpartition("@")[2]


def _envelope(mail: Written, content: bytes) -> smtp.Envelope:
    # What a recipient's address needs is seen from the address; most are plain.
    international = not mail.recipient.isascii() and needs_smtputf8(mail.recipient)
    return smtp.Envelope(sender=mail.sender, recipient=mail.recipient, content=content, smtputf8=international)


def _count(recorded: Recorded) -> None:
    if recorded.sent:
        DELIVERIES.labels("sent").inc(len(recorded.sent))
    for each in recorded.others:
        DELIVERIES.labels(each.state.name.lower()).inc()
