"""The replies to one envelope, and whether its content had left: what became of it."""

from dataclasses import dataclass

from staffetta.sending.smtp.model import Accepted, Deferred, InDoubt, Outcome, Rejected, Untouched, Verb
from staffetta.sending.smtp.parsing import SERVICE_CLOSING, RawReply, read_reply


@dataclass(slots=True)
class Course:
    """How far one envelope has come; `handed` from when its last octet was given to the transport."""

    reset: RawReply | None = None
    mail: RawReply | None = None
    rcpt: RawReply | None = None
    data: RawReply | None = None
    final: RawReply | None = None
    handed: bool = False


def is_positive(raw: RawReply | None) -> bool:
    """Whether a command was done (2xx)."""
    return raw is not None and raw.startswith(b"2")


def is_refusal(raw: RawReply | None) -> bool:
    """Whether a command was refused, for now or for good (4xx, 5xx)."""
    return raw is not None and raw.startswith((b"4", b"5"))


def is_out_of_place(raw: RawReply) -> bool:
    """Whether a reply (3xx) asks for input that no command but DATA and AUTH has: what follows is out of step."""
    return raw.startswith(b"3")


def judge(course: Course, reason: str, *, farewell: bool) -> Outcome:
    """Return what became of an envelope; `reason` is why no more replies came, if any are missing.

    The first refusal is the outcome: what follows it in the pipeline (a 503 to the content) only follows from it. After
    a 421 the peer serves nothing, so that what it has not answered is untouched.
    """
    if course.final is not None and is_positive(course.final) and is_positive(course.rcpt):
        return Accepted(read_reply(course.final))
    closing = course.reset if course.reset is not None and course.reset.startswith(SERVICE_CLOSING) else None
    answers: tuple[tuple[RawReply | None, Verb], ...] = (
        (closing, "MAIL"),
        (course.mail, "MAIL"),
        (course.rcpt, "RCPT"),
        (course.data, "DATA"),
        (course.final, "DATA"),
    )
    for raw, verb in answers:
        if raw is not None and is_refusal(raw):
            return _refusal(raw, verb)
    return InDoubt(reason) if course.handed and not farewell else Untouched(reason)


def _refusal(raw: RawReply, verb: Verb) -> Deferred | Rejected:
    reply = read_reply(raw)
    return Rejected(reply, verb) if raw.startswith(b"5") else Deferred(reply, verb)
