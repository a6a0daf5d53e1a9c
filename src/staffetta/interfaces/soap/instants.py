"""Dates and times as Send and Report write and read them (contract 5.5, 5.6 and 15.21)."""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from staffetta.accounts import Account
from staffetta.errors import InvalidArgument

# As the original wrote them, whatever the account's own time zone.
ROME = ZoneInfo("Europe/Rome")
INSTANT = "%d/%m/%Y %H:%M:%S"
DELIVERY_DATE = re.compile(r"\d{14}", re.ASCII)
DAYS = ("%Y%m%d", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y-%m-%d")
HOURS = ("%H%M%S", "%H%M", "%H:%M:%S", "%H:%M", "%H.%M.%S", "%H.%M")
# The zones of the world lie between 12 hours behind UTC and 14 ahead: nobody is further from anybody else.
MOST_HOURS = 26


def in_rome(instant: datetime) -> str:
    """Write an instant."""
    return instant.astimezone(ROME).strftime(INSTANT)


def delivery_time(written: str, hours: int, account: Account) -> datetime:
    """Read `yyyyMMddHHmmss`, by clocks that are `hours` ahead of the account's time zone.

    Raises:
        InvalidArgument: it is none.

    """
    try:
        if DELIVERY_DATE.fullmatch(written):
            return _instant(datetime.strptime(written, "%Y%m%d%H%M%S"), hours, account)  # noqa: DTZ007 - given its zone
    except ValueError:
        pass
    raise InvalidArgument("deliverydt: a date and time as yyyyMMddHHmmss, such as 20260131090000")


def day_and_hour(day: str, hour: str, account: Account) -> datetime:
    """Read a day and a time of day in the account's time zone, in the spellings of DAYS and HOURS.

    Raises:
        InvalidArgument: one of them is none.

    """
    found_day, found_hour = _read(day, DAYS), _read(hour, HOURS)
    if found_day is None:
        raise InvalidArgument("deliveryDate: a day as yyyyMMdd or dd/MM/yyyy, such as 20260131")
    if found_hour is None:
        raise InvalidArgument("deliveryTime: a time as HHmmss or HH:mm, such as 09:00")
    return _instant(datetime.combine(_day_of(found_day), _hour_of(found_hour)), 0, account)


def offset_hours(written: str) -> int:
    """Read the option `timezone`: whole hours, with a sign or without.

    Raises:
        InvalidArgument: it is none.

    """
    digits = written.strip()
    if not re.fullmatch(r"[+-]?\d{1,2}", digits, re.ASCII):
        raise InvalidArgument("timezone: whole hours, such as -5")
    return int(digits)


def _read(written: str, formats: tuple[str, ...]) -> datetime | None:
    for each in formats:
        try:
            return datetime.strptime(written.strip(), each)  # noqa: DTZ007 - given its zone where it is used
        except ValueError:
            continue
    return None


def _day_of(found: datetime) -> date:
    return found.date()


def _hour_of(found: datetime) -> time:
    return found.time()


def _instant(local: datetime, hours: int, account: Account) -> datetime:
    if abs(hours) > MOST_HOURS:
        raise InvalidArgument(f"timezone: at most {MOST_HOURS} hours ahead of the account's clocks, or behind them")
    try:
        by_account = local - timedelta(hours=hours)
        return by_account.replace(tzinfo=ZoneInfo(account.time_zone)).astimezone(UTC)
    except OverflowError:
        raise InvalidArgument("a date between the years 1 and 9999 is wanted") from None
