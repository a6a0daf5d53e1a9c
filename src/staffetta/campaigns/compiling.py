"""Compiling the mails of a sending: once for all of it, so that a recipient costs a join.

All that is the same for everybody is encoded before the first mail. Between its pieces are holes, which take what a
recipient has: values of fields, spelt as the place asks for, and tokens, of which all links of a mail share one.
"""

from binascii import b2a_hex
from collections.abc import Callable, Mapping
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from hashlib import blake2b
from itertools import groupby
from operator import itemgetter
from typing import Final

import msgspec

from staffetta.campaigns.bodies import Bodies, write_bodies
from staffetta.campaigns.heading import Line, header_of, name_line, recipient_field, senders_of, subject_field
from staffetta.campaigns.layout import Slot, lay_out
from staffetta.campaigns.mailing import Addressee, Mailing, Written
from staffetta.campaigns.merging import EMAIL, NAME, fill_url, forms_of, merge_values, own_fields, sources_of
from staffetta.campaigns.model import File
from staffetta.kit.hosts import mail_domain
from staffetta.messages import wire_address
from staffetta.settings import Settings
from staffetta.tracking import FOLLOW, Purpose, Signer, spell_recipient

_ID_OCTETS: Final = 9
MOST_SUBJECTS: Final = 4_096
_TOKEN: Final = int(Slot.TOKEN)
_NO_IMAGES: Final[Mapping[str, File]] = {}


def compile_campaign(
    mailing: Mailing, *, settings: Settings, signer: Signer, images: Mapping[str, File] = _NO_IMAGES
) -> "CompiledCampaign":
    """Return the mails of a sending, which only wait for their recipients.

    Args:
        mailing: the message and all that belongs to it.
        settings: where links lead, and where bounces go.
        signer: signs the links.
        images: by path (`pictures_in`), those that go with the mail where the message embeds its images.

    """
    return CompiledCampaign(mailing, settings, signer, images)


class CompiledCampaign:
    """The mails of a sending; what `render` returns depends on the recipient and the time alone."""

    def __init__(self, mailing: Mailing, settings: Settings, signer: Signer, images: Mapping[str, File]) -> None:
        account_id, sending_id, list_id = mailing.account.id, mailing.sending_id, mailing.mailing_list.id
        message = mailing.message
        bounces = settings.bounce_domain
        base_url = settings.url_of(mailing.account.host)
        self._bounce_domain = bounces.encode()
        self._sender = senders_of(mailing).bounce_address
        self._campaign = signer.for_recipients(Purpose.CAMPAIGN, account_id, sending_id).sign
        self._untracked = self._campaign(spell_recipient(0))
        self._leave = signer.for_recipients(Purpose.LEAVE, account_id, list_id, sending_id).sign
        self._profile = signer.for_recipients(Purpose.PREFERENCES, account_id, list_id, sending_id).sign
        self._by_mail = signer.for_recipients(Purpose.LEAVE_BY_MAIL, account_id, sending_id).sign_address
        self._return = signer.for_recipients(Purpose.RETURN, account_id, sending_id).sign_address if bounces else None
        # The oldest key stays when another comes: a mail that is handed over again after that is still the same.
        id_key = signer.derive_all("message id")[-1]
        self._id = b"<%d.%d.%%d.%%b@%b>" % (account_id, sending_id, mail_domain(mailing.account.host).encode())
        self._id_mac = blake2b(b"%d.%d." % (account_id, sending_id), key=id_key, digest_size=_ID_OCTETS)

        sources = sources_of(mailing.fields)
        self._subject = Line(message.subject, sources if message.uses_fields else {})
        self._name = Line(name_line(mailing.mailing_list.settings.display_as), sources)
        self._shows_name = self._name.parts != [""]
        head = header_of(
            mailing,
            base_url=base_url,
            bounce_domain=bounces,
            shows_name=self._shows_name,
            varying_subject=bool(self._subject.sources),
        )
        self._lay_out(mailing, head, write_bodies(mailing, signer=signer, base_url=base_url, images=images), base_url)
        self._mailing = mailing
        self._date: tuple[datetime | None, bytes] = (None, b"")

    def _lay_out(self, mailing: Mailing, head: str, bodies: Bodies, base_url: str) -> None:
        laid = lay_out(head, bodies.body, follow_url=f"{base_url}{FOLLOW}")
        self._pieces, self._pick = laid.pieces, itemgetter(*laid.order)
        self._uses_profile = Slot.PROFILE in laid.slots
        self._uses_by_mail = Slot.BY_MAIL in laid.slots
        self._links = [(link, bodies.personal[link.number]) for link in laid.links]
        wanted = {source for source, _ in laid.forms} | {*self._subject.sources, *self._name.sources}
        numbers = sorted(wanted - {EMAIL, NAME})
        self._sources = (*numbers, *(source for source in (EMAIL, NAME) if source in wanted))
        place = {source: index for index, source in enumerate(self._sources)}
        self._forms = [
            (place[source], forms_of([spelling for _, spelling in of_source]))
            for source, of_source in groupby(laid.forms, itemgetter(0))
        ]
        self._in_subject = [place[source] for source in self._subject.sources]
        # Given names come again and again.
        self._subject_of = lru_cache(MOST_SUBJECTS)(self._spell_subject)
        self._read = _reader(mailing, self._sources)

    def render(self, to: Addressee, *, now: datetime) -> Written:
        """Write the mail to one recipient: CRLF, 7-bit but for the address of a recipient that needs SMTPUTF8.

        Raises:
            ValueError: the address is none that a mail can carry.

        """
        address = wire_address(to.email)
        recipient = spell_recipient(to.recipient_id)
        values = self._read(to)
        written: list[bytes] = [
            self._date_of(now),
            self._to(address, values),
            self._message_id(to.recipient_id, recipient),
            self._campaign(recipient) if to.tracked else self._untracked,
            self._leave(recipient),
            self._by_mail(recipient) if self._uses_by_mail else b"",
            self._profile(recipient) if self._uses_profile else b"",
            self._subject_of(*[values[place] for place in self._in_subject]) if self._in_subject else b"",
        ]
        for place, forms in self._forms:
            written += forms(values[place])
        if self._links:
            written += self._personal_links(to, written[_TOKEN])
        pieces = self._pieces.copy()
        pieces[1::2] = self._pick(written)
        sender = self._sender
        if self._return:
            sender = (b"b-%b@%b" % (self._return(recipient), self._bounce_domain)).decode("ascii")
        return Written(sender, address, b"".join(pieces))

    def _date_of(self, now: datetime) -> bytes:
        kept, written = self._date
        if kept is not now:
            written = format_datetime(now).encode("ascii")
            self._date = (now, written)
        return written

    def _message_id(self, recipient_id: int, recipient: bytes) -> bytes:
        mac = self._id_mac.copy()
        mac.update(recipient)
        return self._id % (recipient_id, b2a_hex(mac.digest()))

    def _to(self, address: str, values: tuple[str, ...]) -> bytes:
        if not self._shows_name:
            return address.encode()
        return recipient_field(self._name.fill(dict(zip(self._sources, values, strict=True))), address).encode()

    def _spell_subject(self, *values: str) -> bytes:
        return subject_field(self._subject.fill(dict(zip(self._subject.sources, values, strict=True)))).encode("ascii")

    def _personal_links(self, to: Addressee, token: bytes) -> list[bytes]:
        """Return links whose addresses have placeholders.

        A click is answered with a person's values. Who is not to be followed has none by then, and goes there at once.
        """
        if to.tracked:
            return [link.before + token + link.after for link, _ in self._links]
        mailing = self._mailing
        values = merge_values(mailing.fields, mailing.message, to, values=mailing.values)
        return [link.spell(fill_url(url, values)) for link, url in self._links]


def _reader(mailing: Mailing, sources: tuple[str, ...]) -> Callable[[Addressee], tuple[str, ...]]:
    """Return what reads the values of sources from an addressee: the sending's own, the person's, the default ones."""
    numbers = tuple(source for source in sources if source not in (EMAIL, NAME))
    fixed = {source: mailing.values.get(int(source), "") for source in numbers}
    default = {source: mailing.message.default_values.get(int(source), "") for source in numbers}

    def read_all(to: Addressee) -> tuple[str, ...]:
        own = own_fields(to.fields) | {EMAIL: to.email, NAME: to.name}
        return tuple([fixed.get(source) or own.get(source) or default.get(source, "") for source in sources])

    if any(fixed.values()):
        return read_all
    # Only the fields that the message has are read, and no dictionary is made: the same, at a third of the cost.
    used = msgspec.defstruct(
        "Used", [(f"n{source}", str, msgspec.field(name=source, default=default[source])) for source in numbers]
    )
    decode, values_of = msgspec.json.Decoder(used).decode, msgspec.structs.astuple
    reads_email, reads_name = EMAIL in sources, NAME in sources

    def read(to: Addressee) -> tuple[str, ...]:
        own: tuple[str, ...] = ()
        if numbers:
            try:
                own = values_of(decode(to.fields))
            except msgspec.DecodeError:
                return read_all(to)
            if not all(own):
                own = tuple([value or default[source] for value, source in zip(own, numbers, strict=True)])
        if reads_email:
            own += (to.email,)
        return (*own, to.name) if reads_name else own

    return read
