"""Without PIPELINING and CHUNKING together: what is said next depends on what was answered.

With PIPELINING a content travels together with the next envelope's MAIL, RCPT and DATA (RFC 2920 §3.1), else each
command waits for its reply. With CHUNKING alone, BDAT takes the place of DATA.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from staffetta.sending.smtp.judging import Course, is_out_of_place, is_positive, is_refusal, judge
from staffetta.sending.smtp.model import Capabilities, Outcome, Timeouts
from staffetta.sending.smtp.parsing import code_of
from staffetta.sending.smtp.preparing import Prepared
from staffetta.sending.smtp.wire import SESSION_CLOSES, ConnectionBroken, Wire
from staffetta.sending.smtp.writing import Writer

START_MAIL_INPUT = b"354"

Slot = Literal["reset", "mail", "rcpt", "data", "final", "dot"]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to say, and which reply of whose course it is answered by."""

    course: Course
    slot: Slot
    octets: bytes


class Dialogue:
    """The talk over one connection, batch after batch; it remembers whether a transaction was left open."""

    def __init__(self, wire: Wire, capabilities: Capabilities, timeouts: Timeouts) -> None:
        self._wire = wire
        self._pipelining = capabilities.pipelining
        self._chunking = capabilities.chunking
        self._patience: dict[Slot, float] = {
            "reset": timeouts.mail_seconds,
            "mail": timeouts.mail_seconds,
            "rcpt": timeouts.rcpt_seconds,
            "data": timeouts.data_seconds,
            "final": timeouts.final_seconds,
            "dot": timeouts.final_seconds,
        }
        self._must_reset = False

    async def send(self, batch: Sequence[Prepared]) -> list[Outcome]:
        """Hand over a batch and return what became of each envelope."""
        courses = [Course() for _ in batch]
        reason = SESSION_CLOSES
        try:
            await self._talk(batch, courses)
        except ConnectionBroken as broken:
            reason = str(broken)
            self._wire.abort(reason)
        return [judge(course, reason, farewell=self._wire.farewell) for course in courses]

    async def _talk(self, batch: Sequence[Prepared], courses: Sequence[Course]) -> None:
        waiting: list[Step] = []
        for prepared, course in zip(batch, courses, strict=True):
            await self._exchange([*waiting, *self._opening(prepared, course)])
            waiting = self._conclusion(prepared, course)
            if waiting and not self._pipelining:
                await self._exchange(waiting)
                self._must_reset = self._must_reset or is_refusal(course.final)
                waiting = []
        if waiting:
            await self._exchange(waiting)

    def _opening(self, prepared: Prepared, course: Course) -> list[Step]:
        steps = [Step(course, "mail", prepared.mail), Step(course, "rcpt", prepared.rcpt)]
        if self._must_reset:
            steps.insert(0, Step(course, "reset", b"RSET\r\n"))
        if not self._chunking:
            steps.append(Step(course, "data", b"DATA\r\n"))
        return steps

    def _conclusion(self, prepared: Prepared, course: Course) -> list[Step]:
        """Return what the replies to an opening call for, and note whether RSET must come before the next."""
        is_wanted = is_positive(course.mail) and is_positive(course.rcpt)
        # A transaction that was opened and came to no content is still open, with some peers.
        self._must_reset = not is_wanted
        if self._chunking:
            return [Step(course, "final", prepared.content)] if is_wanted else []
        if course.data is None or is_refusal(course.data):
            self._must_reset = True
            return []
        if not course.data.startswith(START_MAIL_INPUT):
            raise ConnectionBroken(f"the peer answered {code_of(course.data)} to DATA")
        if is_wanted:
            return [Step(course, "final", prepared.content)]
        if is_positive(course.rcpt):
            # A peer that takes a recipient without a sender might send the nothing that a lone dot would end.
            raise ConnectionBroken("the peer wants the content of a message that it has refused")
        # RFC 2920 §3.1: the peer wants content although it has refused the recipient.
        return [Step(course, "dot", b".\r\n")]

    async def _exchange(self, steps: Sequence[Step]) -> None:
        """Say the steps, at once or one by one up to the first refusal, and note the replies."""
        if self._pipelining:
            await self._say(steps)
            return
        for step in steps:
            await self._say([step])
            if is_refusal(self._wire.replies[0]):
                return

    async def _say(self, steps: Sequence[Step]) -> None:
        self._wire.begin()
        writer = Writer(self._wire)
        try:
            for step in steps:
                await self._write(writer, step)
            await writer.flush()
            await self._wire.answered()
        finally:
            self._note(steps, writer)
        if not self._wire.is_open:
            raise ConnectionBroken(self._wire.lost or SESSION_CLOSES)

    def _note(self, steps: Sequence[Step], writer: Writer) -> None:
        # An exchange has one content at most.
        for step in steps:
            step.course.handed = step.course.handed or (step.slot == "final" and writer.handed > 0)
        # Fewer replies than steps when the connection broke, one more when the peer said what was not asked.
        for step, reply in zip(steps, self._wire.replies, strict=False):
            if is_out_of_place(reply) and step.slot != "data":
                raise ConnectionBroken(f"the peer answered {code_of(reply)} out of place")
            if step.slot != "dot":
                setattr(step.course, step.slot, reply)
            if step.slot == "reset" and is_refusal(reply):
                raise ConnectionBroken("the peer refused RSET")

    async def _write(self, writer: Writer, step: Step) -> None:
        patience = (self._patience[step.slot],)
        if step.slot == "final" and self._chunking:
            writer.say(b"BDAT %d LAST\r\n" % len(step.octets), patience)
            await writer.say_content(step.octets)
        elif step.slot == "final":
            writer.say(b"", patience)
            await writer.say_content(stuff_dots(step.octets), b".\r\n")
        else:
            writer.say(step.octets, patience)


def stuff_dots(content: bytes) -> bytes:
    """Double each dot that begins a line (RFC 5321 §4.5.2).

    A line is taken to begin after a bare LF as well, so that no peer that thinks so finds a second message inside.
    """
    stuffed = content.replace(b"\n.", b"\n..")
    return b"." + stuffed if stuffed.startswith(b".") else stuffed
