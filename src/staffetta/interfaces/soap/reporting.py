"""MailUpReport: where a recipient stands, and what became of a message (contract 7)."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from staffetta.access import User
from staffetta.db import Transaction
from staffetta.errors import NotFound
from staffetta.interfaces.soap.calls import Call
from staffetta.interfaces.soap.declaring import operation, service_of
from staffetta.interfaces.soap.inner import element, text
from staffetta.interfaces.soap.sessions import SESSIONS, keyed
from staffetta.kit.addresses import EmailAddress
from staffetta.lists import Field, catalog, get_list, list_of
from staffetta.recipients import Cause, Channel, Sought, Status, Subscription, search

# Contract 5.5 and 15.21: as the original wrote them, whatever the account's own time zone.
ROME = ZoneInfo("Europe/Rome")
INSTANT = "%d/%m/%Y %H:%M:%S"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """The words of one of the twins. `unknown` is the status by email of an address that the list does not know."""

    channels: str
    other_channels: tuple[str, str, str]
    statuses: Mapping[Status, str]
    unknown: str
    total: str
    fields: str
    field: str
    field_id: str
    value: str


# Contract 7.1, the trap: a client takes any word but the first two of these for "unsubscribed".
ITALIAN = Wording(
    channels="Canali",
    other_channels=("Posta", "Voce", "Fax"),
    statuses={
        Status.SUBSCRIBED: "Iscritto",
        Status.PENDING: "In attesa",
        Status.UNSUBSCRIBED: "Disiscritto",
        Status.NOT_REGISTERED: "Non Registrato",
    },
    unknown="",
    total="Totale",
    fields="CampiAnagrafici",
    field="campo",
    field_id="id",
    value="Valore",
)
ENGLISH = Wording(
    channels="Channels",
    other_channels=("RegularMail", "Voice", "Fax"),
    statuses={
        Status.SUBSCRIBED: "Subscribed",
        Status.PENDING: "Pending",
        Status.UNSUBSCRIBED: "Unsubscribed",
        Status.NOT_REGISTERED: "Not Registered",
    },
    unknown="Not Registered",
    total="Total",
    fields="PersonalDataFields",
    field="Field",
    field_id="Id",
    value="Value",
)


class UnknownMessage(NotFound):
    """The list has no such message."""


@dataclass(frozen=True, slots=True)
class Report:
    """Where an address stands on a list, by channel, and the values of its fields; empty for a stranger to the list."""

    subscriptions: Mapping[Channel, Subscription]
    values: list[tuple[Field, str]]

    def status(self, channel: Channel) -> Status:
        """Return where the address stands by a channel."""
        known = self.subscriptions.get(channel)
        return known.status if known else Status.NOT_REGISTERED


def report_on(tx: Transaction, list_id: int, email: EmailAddress) -> Report:
    """Return what a list knows of an address.

    Raises:
        UnknownList: the account has no such list.

    """
    get_list(tx, list_id)
    for found in search(tx, Sought(emails=[email.text])):
        subscriptions = {each.channel: each for each in found.subscriptions if each.list_id == list_id}
        if subscriptions:
            fields, given = catalog(tx).fields.values(), found.recipient.fields
            return Report(subscriptions, [(field, given.get(str(field.id), "")) for field in fields])
    return Report({}, [])


def by_user(wording: Wording) -> Callable[[Call, User], Awaitable[str]]:
    """Return the handler of ReportByUser in a language."""

    async def handle(call: Call, user: User) -> str:
        if call.number("messageID"):
            await refuse_message(call, user)
        email = EmailAddress.parse(call.text("email"))
        report = await call.read(user.account_id, report_on, call.number("listID"), email)
        return _written(report, wording)

    return handle


async def refuse_message(call: Call, user: User) -> str:
    """Refuse a report on a message: there is none yet."""
    mailing_list = await list_of(call.platform.database, user.account_id, call.number("listID"))
    raise UnknownMessage(f"list {mailing_list.id} has no message {call.number('messageID')}")


def _written(report: Report, wording: Wording) -> str:
    by_email = report.status(Channel.EMAIL)
    is_unknown = by_email == Status.NOT_REGISTERED
    absent = wording.statuses[Status.NOT_REGISTERED]
    channels = element(
        wording.channels,
        element("Email", wording.unknown if is_unknown else wording.statuses[by_email]),
        element("SMS", wording.statuses[report.status(Channel.SMS)]),
        *(element(name, absent) for name in wording.other_channels),
    )
    none = {wording.total: 0}
    # Contract 7.1: no statistics of somebody who left.
    statistics = element("Clicks", Url="", **none) + element("Opens", **none)
    values = (
        element(wording.field, **{wording.field_id: field.id, wording.value: value}) for field, value in report.values
    )
    return "".join(
        (
            channels,
            element("Bounce", text(_last_bounce(report))),
            "" if by_email == Status.UNSUBSCRIBED else statistics,
            element(wording.fields, *values),
        )
    )


def _last_bounce(report: Report) -> str:
    known = report.subscriptions.get(Channel.EMAIL)
    if known is None or known.cause != Cause.BOUNCE:
        return ""
    return known.changed_at.astimezone(ROME).strftime(INSTANT)


BY_USER = "accessKey, email, listID int, messageID int"
BY_MESSAGE = "accessKey, listID int, messageID int"
REPORT = service_of(
    "MailupReport",
    *SESSIONS,
    operation("ReportByUser", keyed(by_user(ITALIAN)), BY_USER),
    operation("ReportByUserEN", keyed(by_user(ENGLISH)), BY_USER),
    operation("ReportByMessage", keyed(refuse_message), BY_MESSAGE),
    operation("ReportByMessageEN", keyed(refuse_message), BY_MESSAGE),
    documentation="Where recipients stand, and what became of messages.",
)
