"""PIPELINING with CHUNKING: a whole batch as one stream, its replies paired with the commands by their order.

RFC 2920 and RFC 3030. What the peer refuses it refuses for each command that follows from it, and it reads the
content's octets all the same: the stream stays in step whatever is answered.
"""

from collections.abc import Sequence
from itertools import takewhile

from staffetta.sending.smtp.judging import Course, is_out_of_place, judge
from staffetta.sending.smtp.model import Accepted, Outcome, Timeouts
from staffetta.sending.smtp.parsing import RawReply, read_reply
from staffetta.sending.smtp.preparing import Prepared
from staffetta.sending.smtp.wire import SESSION_CLOSES, ConnectionBroken, Wire
from staffetta.sending.smtp.writing import Writer

COMMANDS = 4


async def stream(wire: Wire, batch: Sequence[Prepared], timeouts: Timeouts) -> list[Outcome]:
    """Hand over a batch and return what became of each envelope."""
    wire.begin()
    writer = Writer(wire)
    reason = SESSION_CLOSES
    try:
        await _write(writer, batch, timeouts)
        await wire.answered()
    except ConnectionBroken as broken:
        reason = str(broken)
    replies = wire.replies[: COMMANDS * len(batch)]
    if wire.heard_intermediate:
        reason = "the peer answered out of place"
        wire.abort(reason)
        replies = list(takewhile(lambda each: not is_out_of_place(each), replies))
    return _judge(replies, len(batch), writer.handed, reason, farewell=wire.farewell)


async def _write(writer: Writer, batch: Sequence[Prepared], timeouts: Timeouts) -> None:
    """Write RSET, MAIL, RCPT and BDAT with its octets for each envelope.

    RSET each time, because some peers (Exim) keep a transaction whose recipient was refused: the next MAIL would fail
    and the next message go out under the sender of the one before. It costs a line, no round trip.
    """
    patience = (timeouts.mail_seconds, timeouts.mail_seconds, timeouts.rcpt_seconds, timeouts.final_seconds)
    for each in batch:
        writer.say(b"RSET\r\n%b%bBDAT %d LAST\r\n" % (each.mail, each.rcpt, len(each.content)), patience)
        await writer.say_content(each.content)
    await writer.flush()


def _judge(replies: list[RawReply], envelopes: int, handed: int, reason: str, *, farewell: bool) -> list[Outcome]:
    outcomes: list[Outcome] = []
    # Most relays say the same to every message, and it need be read only once.
    last, accepted = b"", None
    replies += [b""] * (envelopes * COMMANDS - len(replies))
    for position in range(envelopes):
        reset, mail, rcpt, final = replies[position * COMMANDS : (position + 1) * COMMANDS]
        # What judge would say, without the steps to it: this is most of what is ever answered.
        if final.startswith(b"2") and rcpt.startswith(b"2"):
            if accepted is None or final != last:
                last, accepted = final, Accepted(read_reply(final))
            outcomes.append(accepted)
        else:
            course = Course(reset or None, mail or None, rcpt or None, None, final or None, handed=position < handed)
            outcomes.append(judge(course, reason, farewell=farewell))
    return outcomes
