"""Octets of a peer to replies: strict where a pairing of command and reply hangs on it, and bounded."""

from staffetta.sending.smtp.model import Capabilities, Reply

# RFC 5321 §4.5.3.1.5 allows 512 octets a line; extensions go past it. No honest peer needs more than these.
LINE_OCTETS = 2048
REPLY_LINES = 100
TEXT_CHARACTERS = 1000

SERVICE_CLOSING = b"421"
CODES = frozenset(b"%d" % code for code in range(200, 600))
# How a line begins that is a whole reply and calls for no further look, as nearly all are.
PLAIN = frozenset(code + b" " for code in CODES if code != SERVICE_CLOSING and not code.startswith(b"3"))

# A reply as it came: its lines, codes included, of which the first code counts. Most are never looked at further.
RawReply = bytes


class BrokenReply(Exception):  # noqa: N818 (named for what it is about)
    """The peer's octets are no SMTP replies."""


class ReplyParser:
    """Splits what arrives, however it is cut up, into replies.

    `farewell` tells that one was a 421, `intermediate` that one was a 3xx.
    """

    __slots__ = ("_lines", "_tail", "farewell", "intermediate")

    def __init__(self) -> None:
        self._tail = b""
        self._lines: list[bytes] = []
        self.farewell = False
        self.intermediate = False

    @property
    def is_between_replies(self) -> bool:
        """Whether nothing of a further reply has been read."""
        return not self._tail and not self._lines

    def feed(self, data: bytes, replies: list[RawReply]) -> None:
        """Append to `replies` those that `data` completes.

        Raises:
            BrokenReply: this is not SMTP; the replies before it have been appended.

        """
        lines = (self._tail + data).split(b"\n") if self._tail else data.split(b"\n")
        self._tail = lines.pop()
        if not self._lines and {line[:4] for line in lines} <= PLAIN and max(map(len, lines), default=0) <= LINE_OCTETS:
            replies += lines
        else:
            for line in lines:
                self._feed_line(line, replies)
        if len(self._tail) > LINE_OCTETS:
            raise BrokenReply("the peer's answer has a line without end")

    def _feed_line(self, line: bytes, replies: list[RawReply]) -> None:
        code, mark = line[:3], line[3:4]
        if code not in CODES or mark not in b" \r-" or len(line) > LINE_OCTETS:
            raise BrokenReply("the peer's answer is not an SMTP reply")
        self._lines.append(line)
        if mark == b"-":
            if len(self._lines) >= REPLY_LINES:
                raise BrokenReply("the peer's answer has lines without end")
            return
        # Should the codes of the lines differ, the last one ends the reply and says what it is.
        replies.append(code + b"\n".join(self._lines)[3:])
        self._lines = []
        self.farewell = self.farewell or code == SERVICE_CLOSING
        self.intermediate = self.intermediate or code.startswith(b"3")


def code_of(raw: RawReply) -> int:
    """Return a reply's code."""
    return int(raw[:3])


def read_reply(raw: RawReply) -> Reply:
    """Return a reply for people and rules to read."""
    text = raw[4:].decode("utf-8", "replace").strip()
    if b"\n" in raw or not text.isprintable():
        text = "\n".join(_printable(line[4:].strip()) for line in raw.decode("utf-8", "replace").split("\n"))
    return Reply(int(raw[:3]), text[:TEXT_CHARACTERS])


def _printable(text: str) -> str:
    return text if text.isprintable() else "".join(each if each.isprintable() else "?" for each in text)


def read_capabilities(raw: RawReply) -> Capabilities:
    """Return what a peer offers by its answer to EHLO (RFC 5321 §4.1.1.1)."""
    offered: dict[str, list[str]] = {}
    for line in raw.decode("ascii", "replace").split("\n")[1:]:
        # `AUTH=LOGIN` is how servers spelt it before RFC 2554; some still say it beside the other.
        keyword, *words = line[4:].upper().replace("AUTH=", "AUTH ").split() or [""]
        offered.setdefault(keyword, []).extend(words)
    return Capabilities(
        pipelining="PIPELINING" in offered,
        chunking="CHUNKING" in offered,
        eight_bit_mime="8BITMIME" in offered,
        smtputf8="SMTPUTF8" in offered,
        starttls="STARTTLS" in offered,
        size=_limit(offered["SIZE"]) if "SIZE" in offered else None,
        auth=frozenset(offered.get("AUTH", ())),
    )


def _limit(words: list[str]) -> int:
    return int(words[0]) if words and words[0].isdecimal() else 0
