"""Campaigns on one connection: claim a batch, write its mails, hand them over, record what became of them.

The same promise as the sender's: what is in talk is in the database before its last octet leaves, the outcome is
committed together with the next claim, and no connection has more in talk than its share of the in-doubt window.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import datetime

import structlog

from staffetta import campaigns
from staffetta.campaigns import Addressee, CampaignOutcome, Claimed, CompiledCampaign, Recorded, Turns, Written
from staffetta.db import Database, DatabaseUnavailable
from staffetta.kit.clock import utc_now
from staffetta.kit.counting import DELIVERIES
from staffetta.messages import needs_smtputf8
from staffetta.outbox import DeliveryState, next_try_at
from staffetta.sending import smtp
from staffetta.sending.judging import AFTER_DOUBT, AGAIN_AFTER, LONGEST_REPLY
from staffetta.settings import InDoubtPolicy, Settings
from staffetta.tracking import Signer

log = structlog.get_logger()

MOST_COMPILED = 100
# How long outcomes wait before the database is asked again.
AGAIN_SECONDS = 0.5


class Campaigner:
    """Writes and hands over the mails of sendings; one for all connections of a process."""

    def __init__(self, settings: Settings, database: Database, signer: Signer) -> None:
        self._settings = settings
        self._database = database
        self._signer = signer
        self.turns = Turns(alone=database.dialect_name == "sqlite")
        self._compiled: OrderedDict[tuple[int, int], CompiledCampaign] = OrderedDict()

    async def feed(
        self,
        connection: smtp.Connection,
        *,
        lease: Callable[[], int],
        most: int,
        goes_on: Callable[[], bool],
        found: Callable[[], None],
    ) -> None:
        """Hand over batch after batch, as long as there are any, the connection stands and `goes_on` says so.

        `found` is told of each batch: there may be work for others, too.

        Raises:
            DatabaseUnavailable: nothing could be claimed; nothing is in talk.

        """
        recorded: Recorded | None = None
        while True:
            claims = goes_on() and connection.is_open
            claimed = await self._step(recorded, lease=lease(), most=most if claims else 0)
            if claimed is None:
                return
            found()
            recorded = await self._hand_over(connection, claimed) if claimed.people else None

    async def _step(self, recorded: Recorded | None, *, lease: int, most: int) -> Claimed | None:
        """Commit what became of a batch and claim the next; outcomes are not given up while the database is away."""
        while True:
            try:
                claimed = await self._database.write_across(
                    campaigns.step, recorded, self.turns, lease=lease, most=most, now=utc_now()
                )
            except DatabaseUnavailable:
                if recorded is None:
                    raise
                log.error("outcomes wait for the database", deliveries=len(recorded.claimed.people))  # noqa: TRY400
                await asyncio.sleep(AGAIN_SECONDS)
            else:
                if recorded is not None:
                    _count(recorded)
                return claimed

    async def _hand_over(self, connection: smtp.Connection, claimed: Claimed) -> Recorded:
        now = utc_now()
        written, unwritten = self.write(claimed, now=now)
        results = await connection.send([_envelope(each) for _, each in written])
        return self._judged(claimed, written, results, unwritten)

    def write(
        self, claimed: Claimed, *, now: datetime
    ) -> tuple[list[tuple[Addressee, Written]], list[CampaignOutcome]]:
        """Return the mails of a batch, and what became of those that cannot be written."""
        written: list[tuple[Addressee, Written]] = []
        unwritten: list[CampaignOutcome] = []
        try:
            render = self._compile(claimed).render
        except Exception as error:  # a message that cannot be written holds up no other
            log.exception("a message cannot be written", sending=claimed.sending.id)
            return [], [_unwritten(claimed, each, error, now) for each in claimed.people]
        for each in claimed.people:
            try:
                written.append((each, render(each, now=now)))
            except Exception as error:  # one mail that cannot be written holds up no other
                log.exception("a mail cannot be written", sending=claimed.sending.id, recipient=each.recipient_id)
                unwritten.append(_unwritten(claimed, each, error, now))
        return written, unwritten

    def _compile(self, claimed: Claimed) -> CompiledCampaign:
        key = (claimed.mailing.account.id, claimed.sending.id)
        found = self._compiled.get(key)
        if found is None:
            found = campaigns.compile_campaign(claimed.mailing, settings=self._settings, signer=self._signer)
            self._compiled[key] = found
            if len(self._compiled) > MOST_COMPILED:
                self._compiled.popitem(last=False)
        return found

    def _judged(
        self,
        claimed: Claimed,
        written: Sequence[tuple[Addressee, Written]],
        results: Sequence[smtp.Outcome],
        others: list[CampaignOutcome],
    ) -> Recorded:
        policy = InDoubtPolicy(claimed.sending.in_doubt) if claimed.sending.in_doubt else self._settings.in_doubt
        now = utc_now()
        sent: list[int] = []
        octets = 0
        for (to, mail), result in zip(written, results, strict=True):
            if isinstance(result, smtp.Accepted):
                sent.append(to.recipient_id)
                octets += len(mail.content)
            else:
                others.append(judge_campaign(claimed, to.recipient_id, result, policy, now=now))
        return Recorded(claimed, sent, "", octets, others)


def judge_campaign(
    claimed: Claimed, recipient_id: int, result: smtp.Outcome, policy: InDoubtPolicy, *, now: datetime
) -> CampaignOutcome:
    """Return what to record of a mail that was not taken."""
    attempts = claimed.attempts.get(recipient_id, 1)
    match result:
        case smtp.Deferred():
            again_at = next_try_at(claimed.first_tried_at.get(recipient_id, now), attempts, now)
            state = DeliveryState.DEFERRED if again_at else DeliveryState.FAILED
            due_at, reply = again_at or now, str(result.reply)
        case smtp.Rejected():
            state, due_at, reply = DeliveryState.FAILED, now, str(result.reply)
        case smtp.InDoubt():
            state, due_at, reply = AFTER_DOUBT[policy], now + AGAIN_AFTER, result.reason
        case smtp.Untouched():
            state, due_at, reply = DeliveryState.DEFERRED, now + AGAIN_AFTER, result.reason
            attempts -= 1
        case smtp.Accepted():
            state, due_at, reply = DeliveryState.SENT, now, ""
    return CampaignOutcome(recipient_id, state, due_at, attempts, reply[:LONGEST_REPLY])


def _unwritten(claimed: Claimed, to: Addressee, error: Exception, now: datetime) -> CampaignOutcome:
    attempts = claimed.attempts.get(to.recipient_id, 1)
    reply = f"550 it cannot be written: {type(error).__name__}"
    return CampaignOutcome(to.recipient_id, DeliveryState.FAILED, now, attempts, reply)


def _envelope(mail: Written) -> smtp.Envelope:
    # What a recipient's address needs is seen from the address; most are plain.
    international = not mail.recipient.isascii() and needs_smtputf8(mail.recipient)
    return smtp.Envelope(sender=mail.sender, recipient=mail.recipient, content=mail.content, smtputf8=international)


def _count(recorded: Recorded) -> None:
    if recorded.sent:
        DELIVERIES.labels("sent").inc(len(recorded.sent))
    for each in recorded.others:
        DELIVERIES.labels(each.state.name.lower()).inc()
