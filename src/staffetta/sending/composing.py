"""Writing the mail of a delivery: compiled once for each list, language and sender, then filled for each recipient.

Mails about accounts are few and each says something else, and so do requests that people write, with the values of whom
they ask: these are written one by one.
"""

from collections import OrderedDict
from collections.abc import Hashable
from datetime import datetime
from zoneinfo import ZoneInfo

from staffetta.campaigns import Request, write_request
from staffetta.kit.languages import Language, find_language
from staffetta.lists import MailingList
from staffetta.messages import (
    ABOUT_ACCOUNTS,
    CompiledMail,
    DynamicSender,
    MailKind,
    Values,
    compile_mail,
    compile_request,
    needs_smtputf8,
    wire_address,
    write_account_mail,
)
from staffetta.sending.account_mails import account_mail
from staffetta.sending.batches import Work
from staffetta.sending.smtp import Envelope
from staffetta.settings import Settings
from staffetta.tracking import Purpose, SenderToken, Signer, Token, link, sender_link

# Compiled mails that are kept: about 10 kB each, and a millisecond to make again.
MOST_COMPILED = 500


class Composer:
    """Writes mails; keeps those that it has compiled for as long as the list's settings stay the same."""

    def __init__(self, settings: Settings, signer: Signer) -> None:
        self._settings = settings
        self._signer = signer
        self._compiled: OrderedDict[Hashable, tuple[MailingList, CompiledMail]] = OrderedDict()

    def compose(self, work: Work, *, now: datetime) -> Envelope:
        """Return the whole mail with its envelope.

        Raises:
            ValueError: the mail cannot be written, whatever the relay: a malformed address.

        """
        delivery = work.delivery
        if delivery.kind in ABOUT_ACCOUNTS:
            written = write_account_mail(account_mail(work, self._settings, self._signer, now=now))
            sender, content = written.bounce_address, written.content
        else:
            values = self._values(work, now)
            compiled = self._write_request(work, work.request, values) if work.request else self._compile(work)
            sender, content = compiled.bounce_address, compiled.render(values)
        return Envelope(
            sender=sender,
            recipient=wire_address(delivery.address),
            content=content,
            smtputf8=needs_smtputf8(delivery.address),
        )

    def _values(self, work: Work, now: datetime) -> Values:
        delivery = work.delivery
        base_url = delivery.details.get("base_url") or f"{self._settings.public_scheme}://{work.account.host}"
        if delivery.kind == MailKind.SENDER_VERIFICATION:
            sender = SenderToken(delivery.account_id, delivery.details["sender_id"])
            return Values(
                recipient=delivery.address,
                message_id=delivery.message_id,
                date=now,
                confirm_url=sender_link(self._signer, base_url, sender),
            )
        about = (delivery.account_id, delivery.recipient_id)
        notice = delivery.kind == MailKind.NOTICE
        asks = delivery.kind == MailKind.CONFIRMATION
        lists = tuple(delivery.details.get("lists", ())) or (delivery.list_id,)
        return Values(
            recipient=delivery.address,
            message_id=delivery.message_id,
            date=now.astimezone(ZoneInfo(work.account.time_zone)) if notice else now,
            confirm_url=link(self._signer, base_url, Purpose.CONFIRM, Token(*about, lists)) if asks else "",
            unsubscribe_url=(
                "" if notice else link(self._signer, base_url, Purpose.UNSUBSCRIBE, Token(*about, (delivery.list_id,)))
            ),
            profile_url=(
                link(self._signer, base_url, Purpose.PROFILE, Token(*about, (delivery.list_id,)))
                if delivery.kind == MailKind.WELCOME
                else ""
            ),
            unsubscribed=delivery.details.get("about", ""),
        )

    def _write_request(self, work: Work, request: Request, values: Values) -> CompiledMail:
        written = write_request(
            request, work.mailing_list, confirm_url=values.confirm_url, unsubscribe_url=values.unsubscribe_url
        )
        return compile_request(
            work.mailing_list,
            account_id=work.account.id,
            host=work.account.host,
            language=self._language(work),
            subject=written.subject,
            text=written.text,
            html=written.html,
        )

    def _compile(self, work: Work) -> CompiledMail:
        delivery = work.delivery
        sender = tuple(delivery.details.get("sender", ()))
        language = self._language(work)
        only_replies = work.account.options.dynamic_sender_as_reply_to
        key = (delivery.account_id, delivery.list_id, delivery.kind, language, sender, only_replies, work.list_names)
        kept = self._compiled.get(key)
        if kept and kept[0] is work.mailing_list:
            return kept[1]
        if kept and kept[0] == work.mailing_list:  # read anew, and the same
            self._compiled[key] = (work.mailing_list, kept[1])
            self._compiled.move_to_end(key)
            return kept[1]
        compiled = compile_mail(
            MailKind(delivery.kind),
            work.mailing_list,
            account_id=work.account.id,
            host=work.account.host,
            language=language,
            dynamic_sender=DynamicSender(*sender) if sender else None,
            dynamic_only_replies=only_replies,
            list_names=work.list_names,
        )
        self._compiled[key] = (work.mailing_list, compiled)
        if len(self._compiled) > MOST_COMPILED:
            self._compiled.popitem(last=False)
        return compiled

    def _language(self, work: Work) -> Language:
        of_recipient = find_language(work.delivery.details.get("language", ""))
        if work.delivery.kind in (MailKind.NOTICE, MailKind.SENDER_VERIFICATION):
            return work.account.language
        return of_recipient or work.mailing_list.settings.language or work.account.language
