"""Telling the owner of an account that its trial ends, or has ended."""

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from staffetta.access import queries
from staffetta.accounts import Account, Turn, get_account, look_at_trial
from staffetta.db import Transaction
from staffetta.outbox import NewDelivery, put

REMINDER = "trial_reminder"
EXPIRED = "trial_expired"
DAY = timedelta(days=1)


def end_or_remind(tx: Transaction, *, console_url: Callable[[Account], str], now: datetime) -> Turn:
    """Expire the account when its time is over, remind its owner when that is near; tell what was done.

    Either is done once, and mailed to the address of the first console user; where none is known, to nobody.
    """
    turn = look_at_trial(tx, now=now)
    if turn != Turn.NOTHING:
        _tell(tx, turn, console_url=console_url, now=now)
    return turn


def _tell(tx: Transaction, turn: Turn, *, console_url: Callable[[Account], str], now: datetime) -> None:
    account = get_account(tx, tx.account_id)
    user = queries.find_user_here(tx, account.console_user)
    if user is None or not user.email or account.expires_at is None:
        return
    details = {
        "language": account.language.value,
        "name": user.name,
        "company": account.name,
        "login": user.login,
        "console_url": console_url(account),
        "expires_on": account.expires_at.astimezone(ZoneInfo(account.time_zone)).date().isoformat(),
    }
    if turn == Turn.REMINDED:
        details["days"] = str(-((now - account.expires_at) // DAY))
    kind = REMINDER if turn == Turn.REMINDED else EXPIRED
    mail = NewDelivery(kind=kind, address=user.email, list_id=0, recipient_id=0, details=details)
    put(tx, mail, host=account.host, now=now)
