"""What a mail that came back says: a delivery failed, somebody complained, wants to leave, or is away.

Structure decides where there is one: RFC 3464 for deliveries, RFC 5965 for complaints. Only what was written before
servers had these is recognized by its words. Pure, bounded, and never raises: mail is whatever a stranger sends.
"""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import msgspec

from staffetta.sending.mime import Part, read_fields, read_part, walk
from staffetta.sending.refusals import LONGEST_DIAGNOSTIC, Verdict, status_in, weigh

# What stands behind it is the mail that came back.
MOST_OCTETS = 1_048_576
MOST_FIELDS_OCTETS = 65_536
MOST_RECIPIENTS = 100
LONGEST_TEXT = 8_192
LONGEST_ADDRESS = 320
LONGEST_SUBJECT = 200

# RFC 3464 §2.3.3: of these only `failed` is a bounce. Whoever reports a delay goes on trying.
FAILED = "failed"
ACTIONS = (FAILED, "delayed", "delivered", "relayed", "expanded")
STATUS_FIELDS = ("message/delivery-status", "message/global-delivery-status")
HEADERS_OF_OURS = ("message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers")
# RFC 5965 §7.3; the others are about us (auth-failure), the opposite (not-spam), or say nothing of the recipient.
COMPLAINTS = ("abuse", "fraud")
OPT_OUTS = ("opt-out", "opt-out-list")
AUTOMATIC_FIELDS = ("x-autoreply", "x-autorespond", "x-autoresponse", "x-auto-response")
AUTOMATIC_PRECEDENCES = ("auto_reply", "bulk", "junk", "list")
WAYS_TO_SAY_LEAVE = (
    "unsubscribe", "remove", "leave", "stop", "optout", "opt-out", "cancellami", "cancella", "cancellazione",
    "disiscrivi", "disiscrivimi", "disiscrizione", "désinscription", "désabonnement", "désabonner", "abmelden",
    "abbestellen", "baja", "cancelar", "afmeld", "配信停止",
)  # fmt: skip


class DeliveryReport(NamedTuple):
    """What a server reports of one recipient.

    Attributes:
        recipient: the address as the server knows it, "" if it does not say.
        status: a code of RFC 3463 such as `5.1.1`, or "".
        diagnostic: the words of the server that refused, on one line, at most 500 characters.

    """

    recipient: str
    status: str
    diagnostic: str
    verdict: Verdict

    @property
    def is_hard(self) -> bool:
        """Whether the address is dead."""
        return self.verdict == Verdict.HARD


class DeliveryReports(msgspec.Struct, frozen=True):
    """A report of deliveries, of one recipient or more."""

    recipients: tuple[DeliveryReport, ...]

    @property
    def mildest(self) -> DeliveryReport | None:
        """What it says of the address that was written to, which may have handed the mail on to many.

        As long as one of them gets it, or may get it yet, the address is alive.
        """
        return min(self.recipients, key=lambda each: each.verdict, default=None)


class Complaint(msgspec.Struct, frozen=True):
    """Somebody called a mail spam; `traces` is the text in which the mail's own addresses and identifiers are found."""

    kind: str
    reporter: str
    traces: str


class LeaveRequest(msgspec.Struct, frozen=True):
    """Somebody wants to be taken off, in words or by a report of their provider; `traces` as in a complaint."""

    traces: str = ""


class AutoReply(msgspec.Struct, frozen=True):
    """A program answered for somebody who is away: no bounce, and nobody's wish."""


class Unknown(msgspec.Struct, frozen=True):
    """Anything else."""


Received = DeliveryReports | Complaint | LeaveRequest | AutoReply | Unknown


def read_report(content: bytes) -> Received:
    """Return what a mail says, by its first mebibyte."""
    mail = read_part(content[:MOST_OCTETS])
    parts = list(walk(mail))
    for part in parts:
        if part.content_type in STATUS_FIELDS:
            reports = tuple(_delivery_reports(part))
            if reports:
                return DeliveryReports(reports)
        if part.content_type == "message/feedback-report":
            return _feedback(part, parts)
    text = next((each for each in parts if each.content_type == "text/plain"), None)
    bounce = _bounce_in_words(mail, text.text(most=LONGEST_TEXT)) if text else None
    if bounce:
        return DeliveryReports((bounce,))
    if is_automatic(mail.fields):
        return AutoReply()
    return LeaveRequest() if _says_leave(mail.fields.get("subject", "")) else Unknown()


def is_automatic(fields: Mapping[str, str]) -> bool:
    """Tell whether a program has answered, by the fields of a mail (RFC 3834 §5)."""
    answered = fields.get("auto-submitted", "no").partition(";")[0].strip().lower()
    return (
        answered not in ("no", "")
        or any(name in fields for name in AUTOMATIC_FIELDS)
        or fields.get("precedence", "").strip().lower() in AUTOMATIC_PRECEDENCES
    )


def _delivery_reports(part: Part) -> Iterator[DeliveryReport]:
    """Yield what a report says of each recipient: groups of fields, the first of which is about the mail."""
    groups = part.text(most=MOST_FIELDS_OCTETS).split("\n\n")
    found = 0
    for group in groups:
        fields = read_fields(group)
        if "action" not in fields and "final-recipient" not in fields:
            continue
        yield _report(fields)
        found += 1
        if found == MOST_RECIPIENTS:
            break


def _report(fields: Mapping[str, str]) -> DeliveryReport:
    recipient = _value(fields.get("final-recipient") or fields.get("original-recipient", ""))
    diagnostic = one_line(_value(fields.get("diagnostic-code", "")))
    status = status_in(fields.get("status", "")[:LONGEST_SUBJECT])
    action = fields.get("action", "").partition(" ")[0].strip().lower()
    if action not in ACTIONS:
        action = FAILED if (status or status_in(diagnostic)).startswith(("4", "5")) else ""
    verdict = weigh(status, diagnostic) if action == FAILED else Verdict.NOTHING
    return DeliveryReport(recipient[:LONGEST_ADDRESS], status, diagnostic, verdict)


def _value(text: str) -> str:
    """Return what follows the type that a field begins with, as in `rfc822; ada@example.com`."""
    kind, semicolon, value = text.partition(";")
    return value.strip() if semicolon and " " not in kind.strip() else text.strip()


def _feedback(part: Part, parts: list[Part]) -> Complaint | LeaveRequest | Unknown:
    stated = part.text(most=MOST_FIELDS_OCTETS)
    fields = read_fields(stated)
    kind = fields.get("feedback-type", "").lower()
    originals = (_original_head(each) for each in parts if each.content_type in HEADERS_OF_OURS)
    traces = "\n".join([stated, *originals])
    if kind in COMPLAINTS:
        return Complaint(kind, one_line(fields.get("user-agent", ""))[:LONGEST_SUBJECT], traces)
    return LeaveRequest(traces) if kind in OPT_OUTS else Unknown()


def _original_head(part: Part) -> str:
    content = part.content
    return (read_part(content).head or content)[:MOST_FIELDS_OCTETS].decode("utf-8", "replace")


class Shape(NamedTuple):
    """How a server that knows no reports says that a mail failed.

    Attributes:
        opening: what the text has near its beginning, in lower case.
        before: what stands before the recipient and the reason, if not the opening itself.
        until: what stands behind them, before the mail itself.
        field: a header field without which it is not such a mail.

    """

    opening: str
    before: str = ""
    until: str = ""
    field: str = ""


SHAPES = (
    # qmail
    Shape("this is the qmail-send program at", until="--- below this line"),
    # Exim
    Shape(
        "this message was created automatically by mail delivery software",
        before="failed",
        until="this is a copy of",
        field="x-failed-recipients",
    ),
    # Postfix, where its reports were cut down to their text
    Shape("this is the mail system at host", before="the mail system", until="--- "),
    # sendmail
    Shape("addresses had permanent fatal errors", until="transcript of session follows"),
    # Exchange before 2007
    Shape("your message did not reach some or all", before="could not be reached", until="--- "),
)
_OPENS_WITHIN = 1_500


def _bounce_in_words(mail: Part, text: str) -> DeliveryReport | None:
    """Return what the text of a mail reports in one of the known shapes."""
    lowered = text.lower()
    for shape in SHAPES:
        opens = lowered[:_OPENS_WITHIN].find(shape.opening)
        if opens < 0 or (shape.field and shape.field not in mail.fields):
            continue
        start = opens + len(shape.opening)
        if shape.before and (found := lowered.find(shape.before, start)) >= 0:
            start = found + len(shape.before)
        end = lowered.find(shape.until, start) if shape.until else -1
        reason = one_line(text[start : end if end >= 0 else len(text)])
        address = next((word.strip("<>:;,()") for word in reason.split() if "@" in word), "")
        said = reason.partition(address)[2].lstrip(">:;, ") if address else reason
        status = status_in(said)
        return DeliveryReport(address[:LONGEST_ADDRESS], status, said[:LONGEST_DIAGNOSTIC], weigh(status, said))
    return None


def _says_leave(subject: str) -> bool:
    words = re.findall(r"[\w-]+", subject[:LONGEST_SUBJECT].lower())
    first = next((word for word in words if word not in ("re", "aw", "r", "fwd")), "")
    return first in WAYS_TO_SAY_LEAVE


def one_line(text: str) -> str:
    """Return a stranger's words on one line, without what does not print, at most 500 characters."""
    return "".join(filter(str.isprintable, " ".join(text[: 4 * LONGEST_DIAGNOSTIC].split())))[:LONGEST_DIAGNOSTIC]
