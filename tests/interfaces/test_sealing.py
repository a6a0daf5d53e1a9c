"""Seals: good for one interface, one browser and a while, whichever key is the newest."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from staffetta.interfaces.sealing import Seals, StaleTicket
from staffetta.tracking import Signer

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
COOKIE = "c" * 32


class Note(msgspec.Struct, frozen=True, array_like=True):
    issued_at: datetime
    text: str = ""

    @property
    def lifetime(self) -> timedelta:
        return timedelta(minutes=5)


class OtherNote(Note, frozen=True, array_like=True):
    number: int = msgspec.field(default=0)


class Unlike(msgspec.Struct, frozen=True, array_like=True):
    issued_at: datetime
    text: int

    @property
    def lifetime(self) -> timedelta:
        return timedelta(minutes=5)


OLD, NEW = Signer({1: b"k" * 32}), Signer({1: b"k" * 32, 2: b"n" * 32})
NOTE = Note(NOON, "é\n<b>")


@pytest.mark.parametrize(("sealer", "opener"), [(OLD, OLD), (NEW, NEW), (OLD, NEW)])
def test_what_was_sealed_is_read_also_after_the_key_has_changed(sealer, opener):
    text = Seals(sealer, "here", Note).seal(NOTE, cookie=COOKIE)

    assert text.isascii()
    assert Seals(opener, "here", Note).open(text, cookie=COOKIE, now=NOON) == NOTE


def test_a_seal_is_good_for_its_interface_its_browser_and_its_time():
    text = Seals(OLD, "here", Note).seal(NOTE, cookie=COOKIE)

    for label, kind, cookie, age in (
        ("there", Note, COOKIE, 0),
        ("here", Note, "other", 0),
        ("here", Note, "", 0),
        ("here", Note, COOKIE, 301),
        ("here", Unlike, COOKIE, 0),
    ):
        with pytest.raises(StaleTicket):
            Seals(OLD, label, kind).open(text, cookie=cookie, now=NOON + timedelta(seconds=age))


def test_a_note_that_has_grown_since_is_read():
    text = Seals(OLD, "here", Note).seal(NOTE, cookie=COOKIE)

    assert Seals(OLD, "here", OtherNote).open(text, cookie=COOKIE, now=NOON) == OtherNote(NOON, NOTE.text, 0)


def test_another_installation_seals_otherwise():
    text = Seals(Signer({1: b"x" * 32}), "here", Note).seal(NOTE, cookie=COOKIE)

    with pytest.raises(StaleTicket):
        Seals(OLD, "here", Note).open(text, cookie=COOKIE, now=NOON)
