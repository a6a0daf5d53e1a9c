"""What a mail about an account says: what its delivery keeps, and the secrets that are stored nowhere."""

from datetime import date, datetime
from typing import Any

from staffetta.accounts import Account
from staffetta.kit.languages import find_language
from staffetta.messages import AccountMail, MailKind, find_page, harmless_name
from staffetta.outbox import Delivery
from staffetta.sending.batches import Work
from staffetta.settings import Settings
from staffetta.tracking import ResetToken, Signer, one_time_password, reset_link


def account_mail(work: Work, settings: Settings, signer: Signer, *, now: datetime) -> AccountMail:
    """Return what a claimed delivery about an account says.

    Raises:
        ValueError: its details are not what such a mail is written from.
        KeyError: they lack something, or its one-time password was made with a key that is gone.

    """
    delivery, account = work.delivery, work.account
    details = delivery.details
    return AccountMail(
        kind=MailKind(delivery.kind),
        recipient=delivery.address,
        message_id=delivery.message_id,
        written_at=now,
        language=find_language(details["language"]) or account.language,
        host=account.host,
        operator=_operator(account, settings),
        operator_email=settings.operator_email,
        link=_link(delivery, account, settings, signer),
        login=details["login"],
        name=details["name"],
        company=details.get("company", ""),
        api_user=details.get("api_user", ""),
        password=_password(delivery, signer),
        expires_on=_date(details),
        days=int(details.get("days", "0")),
    )


def _operator(account: Account, settings: Settings) -> str:
    """Return who passes for the operator: on a white-label plan the account itself, under a name that is one."""
    return harmless_name(account.name) if account.plan.white_label else settings.operator_name


def _link(delivery: Delivery, account: Account, settings: Settings, signer: Signer) -> str:
    details = delivery.details
    own = settings.url_of(account.host)
    if delivery.kind != MailKind.PASSWORD_RESET:
        # A host that no browser reads as it is written is not that of a console.
        return find_page(details["console_url"]) or f"{own}/console/"
    token = ResetToken(
        delivery.account_id,
        details["login"],
        datetime.fromisoformat(details["issued_at"]),
        datetime.fromisoformat(details["changed_at"]),
    )
    return reset_link(signer, find_page(details["base_url"]).rstrip("/") or own, token)


def _password(delivery: Delivery, signer: Signer) -> str:
    if delivery.kind != MailKind.CREDENTIALS:
        return ""
    return one_time_password(signer, delivery.details["login"], delivery.details["nonce"])


def _date(details: dict[str, Any]) -> date | None:
    text = details.get("expires_on", "")
    return date.fromisoformat(text) if text else None
