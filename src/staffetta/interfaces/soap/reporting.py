"""MailUpReport: where a recipient stands, and what became of a message (contract 7)."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from staffetta.access import User
from staffetta.campaigns import Deed, MessageReport, PersonReport, get_message, report_on_message, report_on_person
from staffetta.db import Transaction
from staffetta.interfaces.soap.calls import Call
from staffetta.interfaces.soap.declaring import operation, service_of
from staffetta.interfaces.soap.inner import element, text
from staffetta.interfaces.soap.instants import in_rome
from staffetta.interfaces.soap.sessions import SESSIONS, keyed
from staffetta.kit.addresses import EmailAddress
from staffetta.lists import Field, catalog, get_list
from staffetta.recipients import Cause, Channel, Sought, Status, Subscription, search


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """The words of one of the twins. `unknown` is the status by email of an address that the list does not know.

    `deed` are the attributes of an open or a click: when, from which address, of which message, its subject.
    """

    channels: str
    other_channels: tuple[str, str, str]
    statuses: Mapping[Status, str]
    unknown: str
    total: str
    deed: tuple[str, str, str, str]
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
    deed=("DataOra", "IP", "IDMessaggio", "Oggetto"),
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
    deed=("DateTime", "IP", "MessageID", "Subject"),
    fields="PersonalDataFields",
    field="Field",
    field_id="Id",
    value="Value",
)


@dataclass(frozen=True, slots=True)
class Report:
    """Where an address stands on a list, by channel, the values of its fields, and what it did with messages.

    For a stranger to the list all of it is empty; of somebody who left nothing is told of messages (contract 7.1).
    """

    subscriptions: Mapping[Channel, Subscription]
    values: Sequence[tuple[Field, str]]
    person: PersonReport | None

    def status(self, channel: Channel) -> Status:
        """Return where the address stands by a channel."""
        known = self.subscriptions.get(channel)
        return known.status if known else Status.NOT_REGISTERED


def report_on(tx: Transaction, list_id: int, email: EmailAddress, *, message_id: int = 0) -> Report:
    """Return what a list knows of an address, and what came of a message of it, or with 0 of all of them.

    Raises:
        UnknownList: the account has no such list.
        UnknownMessage: the list has no such message.

    """
    get_list(tx, list_id)
    if message_id:
        get_message(tx, list_id, message_id)
    for found in search(tx, Sought(emails=[email.text])):
        subscriptions = {each.channel: each for each in found.subscriptions if each.list_id == list_id}
        if subscriptions:
            fields, given = catalog(tx).fields.values(), found.recipient.fields
            values = [(field, given.get(str(field.id), "")) for field in fields]
            person = report_on_person(tx, list_id, found.recipient.id, message_id=message_id)
            return Report(subscriptions, values, person)
    return Report({}, (), None)


def by_user(wording: Wording) -> Callable[[Call, User], Awaitable[str]]:
    """Return the handler of ReportByUser in a language."""

    async def handle(call: Call, user: User) -> str:
        email = EmailAddress.parse(call.text("email"))
        report = await call.read(
            user.account_id, report_on, call.number("listID"), email, message_id=call.number("messageID")
        )
        return _of_user(report, wording)

    return handle


def by_message(wording: Wording) -> Callable[[Call, User], Awaitable[str]]:
    """Return the handler of ReportByMessage in a language."""

    async def handle(call: Call, user: User) -> str:
        report = await call.read(user.account_id, report_on_message, call.number("listID"), call.number("messageID"))
        # A hundred thousand people take half a second, in which others want to be answered.
        return await asyncio.to_thread(_of_message, report, wording.total)

    return handle


def _of_message(report: MessageReport, total: str) -> str:
    clicks = (
        element(
            "Clicks",
            *(element("Click", Email=each.email or "", **{total: each.times}) for each in link.clickers),
            Url=link.url,
            **{total: link.times},
        )
        for link in report.links
    )
    opens = (element("Open", Email=each.email or "", **{total: each.times}) for each in report.openers)
    return "".join(clicks) + element("Opens", *opens, **{total: report.views})


def _of_user(report: Report, wording: Wording) -> str:
    by_email = report.status(Channel.EMAIL)
    is_unknown = by_email == Status.NOT_REGISTERED
    absent = wording.statuses[Status.NOT_REGISTERED]
    channels = element(
        wording.channels,
        element("Email", wording.unknown if is_unknown else wording.statuses[by_email]),
        element("SMS", wording.statuses[report.status(Channel.SMS)]),
        *(element(name, absent) for name in wording.other_channels),
    )
    values = (
        element(wording.field, **{wording.field_id: field.id, wording.value: value}) for field, value in report.values
    )
    return "".join(
        (
            channels,
            element("Bounce", text(_last_bounce(report))),
            # Contract 7.1: no statistics of somebody who left.
            "" if by_email == Status.UNSUBSCRIBED else _statistics(report.person, wording),
            element(wording.fields, *values),
        )
    )


def _statistics(person: PersonReport | None, wording: Wording) -> str:
    if person is None or not person.links:
        clicks = element("Clicks", Url="", **{wording.total: 0})
    else:
        by_url: dict[str, list[Deed]] = {}
        for each in person.clicked:
            by_url.setdefault(each.url or "", []).append(each)
        clicks = "".join(
            element(
                "Clicks",
                *_deeds("Click", by_url.get(link.url, ()), wording),
                Url=link.url,
                **{wording.total: link.times},
            )
            for link in person.links
        )
    if person is None:
        return clicks + element("Opens", **{wording.total: 0})
    return clicks + element("Opens", *_deeds("Open", person.opened, wording), **{wording.total: person.views})


def _deeds(tag: str, deeds: Sequence[Deed], wording: Wording) -> Iterator[str]:
    for each in deeds:
        told = (in_rome(each.happened_at), each.ip, each.message_id, each.subject)
        yield element(tag, **dict(zip(wording.deed, told, strict=True)))


def _last_bounce(report: Report) -> str:
    """Return when a mail of the list last came back, or when the address was given up for it."""
    known = report.subscriptions.get(Channel.EMAIL)
    told = (
        report.person.bounced_at if report.person else None,
        known.changed_at if known and known.cause == Cause.BOUNCE else None,
    )
    last = max((each for each in told if each), default=None)
    return in_rome(last) if last else ""


BY_USER = "accessKey, email, listID int, messageID int"
BY_MESSAGE = "accessKey, listID int, messageID int"
REPORT = service_of(
    "MailupReport",
    *SESSIONS,
    operation("ReportByUser", keyed(by_user(ITALIAN)), BY_USER),
    operation("ReportByUserEN", keyed(by_user(ENGLISH)), BY_USER),
    operation("ReportByMessage", keyed(by_message(ITALIAN)), BY_MESSAGE),
    operation("ReportByMessageEN", keyed(by_message(ENGLISH)), BY_MESSAGE),
    documentation="Where recipients stand, and what became of messages.",
)
