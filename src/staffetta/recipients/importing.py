"""Importing: thousands of people at once, in a handful of statements."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from staffetta.db import Transaction, to_microseconds
from staffetta.lists import catalog, find_groups, get_list
from staffetta.outbox import NewDelivery, put_for_sending
from staffetta.recipients import bulk_queries as queries
from staffetta.recipients.bulk import Imported, ImportPlan, ImportRow, Reason
from staffetta.recipients.bulk_queries import Known
from staffetta.recipients.bulk_reading import People, Person, ReadingTerms, read_people
from staffetta.recipients.ledger import Move, append
from staffetta.recipients.model import Cause, Channel, Event, Evidence, Status, next_status
from staffetta.recipients.signing_up import CONFIRMATION

# Who has no address cannot be asked by mail.
_UNASKED = {Event.IMPORT_TO_CONFIRM: Event.IMPORT, Event.IMPORT_FORCED_TO_CONFIRM: Event.IMPORT_FORCED}

# Plain numbers, as the database keeps them: a driver takes four times as long over a member of an enum.
_EMAIL: Any = int(Channel.EMAIL)
_SMS: Any = int(Channel.SMS)
_NEW, _OUT, _WAIT = int(Status.NOT_REGISTERED), int(Status.UNSUBSCRIBED), int(Status.PENDING)
_REACHED = (int(Status.SUBSCRIBED), _WAIT)
_FINAL = tuple(int(cause) for cause in Cause if cause.is_final)
_IMPORTED = int(Cause.IMPORT)

_encode = msgspec.json.Encoder().encode


def import_rows(
    tx: Transaction, rows: Sequence[ImportRow], plan: ImportPlan, *, evidence: Evidence, now: datetime
) -> Imported:
    """Put up to some ten thousand people on a list, each with the status that the plan's event leads to.

    An email address decides who a row is about, without one the number; people can share a number, as on the form
    pages. Values that are not empty replace those that are stored, and of several rows of an address the last one's
    win. A repeat of the whole changes nothing. Rows that cannot be used are counted and named, and hold up nobody.

    An address that bounced or complained is never subscribed or asked: who is on the list keeps their status, who is
    not is refused.

    Raises:
        UnknownList: the account has no such list.

    """
    terms = reading_terms(tx, plan.list_id, ignore_mobile=plan.ignore_mobile)
    return import_people(tx, read_people(rows, terms), plan, evidence=evidence, now=now)


def reading_terms(tx: Transaction, list_id: int, *, ignore_mobile: bool = False) -> ReadingTerms:
    """Return what reading rows for a list depends on.

    Raises:
        UnknownList: the account has no such list.

    """
    return ReadingTerms(
        known_fields=frozenset(str(number) for number in catalog(tx).fields),
        default_prefix=get_list(tx, list_id).settings.default_prefix,
        ignore_mobile=ignore_mobile,
    )


def import_people(tx: Transaction, people: People, plan: ImportPlan, *, evidence: Evidence, now: datetime) -> Imported:
    """Do as `import_rows` does with people who were read before, perhaps in another process.

    Raises:
        UnknownList: the account has no such list.

    """
    get_list(tx, plan.list_id)
    tx.look_up_each()
    # What reading has counted is counted on in a copy: a transaction may be run again.
    people = msgspec.structs.replace(people, tally=msgspec.structs.replace(people.tally), refused=[*people.refused])
    chunk = _Chunk(tx, plan, people, to_microseconds(now))
    chunk.decide()
    chunk.write()
    append(tx, chunk.moves, evidence=evidence, now=now)
    if plan.group_ids or plan.replace_groups:
        _assign_groups(tx, plan, chunk)
    if plan.sending_id is not None and chunk.waiting:
        _ask(tx, plan, plan.sending_id, chunk.waiting, now=now)
    return Imported(people.tally, people.refused)


class _Chunk:
    """The people of one call: what is known of them, and what is to be written."""

    def __init__(self, tx: Transaction, plan: ImportPlan, read: People, now: int) -> None:
        self._tx = tx
        self._plan = plan
        self._read = read
        self._now = now
        self._since = to_microseconds(plan.started_at) if plan.started_at else now
        self._by_email = queries.known_by_email(tx, plan.list_id, [each.email for each in read.by_email])
        self._by_mobile = queries.known_by_mobile(tx, plan.list_id, [each.mobile for each in read.by_mobile])
        self._suppressed = queries.suppressed(tx, _addresses(read))
        self._people: list[tuple[Any, ...]] = []
        self._people_changes: list[dict[str, Any]] = []
        self.moves: defaultdict[Move, list[tuple[int, str]]] = defaultdict(list)
        self.new_ids: list[int] = []
        self.known_ids: list[int] = []
        self.waiting: list[tuple[int, str, str]] = []

    def decide(self) -> None:
        """Work out what becomes of everybody."""
        event = self._plan.event
        unasked = _UNASKED.get(event, event)
        new = self._decide_known(self._read.by_email, self._by_email, _becomes(event))
        new_by_number = self._decide_known(self._read.by_mobile, self._by_mobile, _becomes(unasked))
        if new:
            self._decide_new(new, _becomes(event)[_NEW])
        if new_by_number:
            self._decide_new(new_by_number, _becomes(unasked)[_NEW])

    def write(self) -> None:
        """Write people and where they stand."""
        queries.add_people(self._tx, self._people, self._now)
        queries.change_people(self._tx, self._people_changes)
        for move, people in self.moves.items():
            write = queries.begin_standings if move.old_status == _NEW else queries.change_standings
            write(self._tx, [recipient_id for recipient_id, _ in people], move, self._now)

    def _decide_known(
        self, people: list[Person], known: Mapping[str, Known], becomes: Mapping[int, int]
    ) -> list[Person]:
        """Work out what becomes of those who are known, and return the others."""
        if not known:
            return people
        others = []
        for person in people:
            found = known.get(person.email or person.mobile or "")
            if found is None:
                others.append(person)
            elif not self._refuses(person, queries.standing_of(found.email_standing)[0], becomes):
                self._meet(person, found, becomes)
        return others

    def _meet(self, person: Person, found: Known, becomes: Mapping[int, int]) -> None:
        is_repeat = found.created_at >= self._since or found.changed_at >= self._since
        self.known_ids.append(found.id)
        self._update(person, found)
        if person.email:
            old, cause = queries.standing_of(found.email_standing)
            new = self._standing(person.email, old, cause, becomes)
            if new != old:
                self._move(_EMAIL, old, new).append((found.id, person.email))
            if new == _WAIT:
                self.waiting.append((found.id, person.email, found.language or ""))
            elif new == _OUT and not is_repeat:
                self._read.tally.optout_email += 1
        if person.mobile:
            old, cause = queries.standing_of(found.sms_standing)
            new = self._standing(person.mobile, old, cause, becomes)
            if new != old:
                self._move(_SMS, old, new).append((found.id, person.mobile))
            elif new == _NEW:
                self._read.refuse(person.row, Reason.SUPPRESSED_NUMBER)
            if new == _OUT and not is_repeat:
                self._read.tally.optout_number += 1
        self._count_known(person, is_repeat=is_repeat)

    def _standing(self, address: str, old: int, cause: int | None, becomes: Mapping[int, int]) -> int:
        """Return the status after the import (contract 10.1); nothing brings a dead address back."""
        new = becomes[old]
        if new in _REACHED and new != old and (cause in _FINAL or address in self._suppressed):
            return old
        return new

    def _refuses(self, person: Person, old: int, becomes: Mapping[int, int]) -> bool:
        """Refuse a suppressed address that is not on the list, unless it is to be unsubscribed."""
        if person.email not in self._suppressed or old != _NEW or becomes[_NEW] not in _REACHED:
            return False
        self._read.refuse(person.row, Reason.SUPPRESSED_EMAIL)
        self._read.tally.rejected += person.rows
        return True

    def _update(self, person: Person, found: Known) -> None:
        """Take over what the rows say of a known recipient, where it says anything new."""
        fields = person.fields if self._plan.clear_missing else {**found.fields, **person.fields}
        if "" in person.fields.values():
            fields = _filled(fields)
        name = person.name or found.name
        mobile = person.mobile or found.mobile
        if fields != found.fields or name != found.name or mobile != found.mobile:
            self._people_changes.append(
                {
                    "of_id": found.id,
                    "new_mobile": mobile,
                    "new_name": name,
                    "new_fields": fields,
                    "new_changed_at": self._now,
                }
            )

    def _move(self, channel: Any, old: Any, new: Any) -> list[tuple[int, str]]:
        """Return who has come from one status to another, to be added to."""
        cause: Any = _IMPORTED if new == _OUT else None
        return self.moves[Move(self._plan.list_id, channel, old, new, cause)]

    def _decide_new(self, people: list[Person], status: Any) -> None:
        """Make recipients of people whom nobody knows: all that a first import does."""
        if self._suppressed:
            people = [each for each in people if not self._refuses(each, _NEW, {_NEW: status})]
        if not people:
            return
        ids = self._tx.take_ids("recipient", len(people))
        new = list(zip(ids, people, strict=True))
        self._people += [(of, each.email, each.mobile, each.name, _document(each.fields)) for of, each in new]
        emails = [(of, each.email) for of, each in new if each.email]
        numbers = [(of, each.mobile) for of, each in new if each.mobile and self._may_reach(each, status)]
        if emails:
            self._move(_EMAIL, _NEW, status).extend(emails)
        if numbers:
            self._move(_SMS, _NEW, status).extend(numbers)
        if status == _WAIT:
            self.waiting += [(of, email, "") for of, email in emails]
        self._count_new(people)
        self.new_ids += ids

    def _may_reach(self, person: Person, status: int) -> bool:
        """Refuse a suppressed number, unless it is to be unsubscribed."""
        if person.mobile not in self._suppressed or status not in _REACHED:
            return True
        self._read.refuse(person.row, Reason.SUPPRESSED_NUMBER)
        return False

    def _count_new(self, people: list[Person]) -> None:
        """Count people whom nobody knew; but for the first of them their rows are repeats."""
        tally = self._read.tally
        with_email = [each.rows for each in people if each.email]
        tally.created += len(people)
        tally.email_new += len(with_email)
        tally.repeated_email += sum(with_email) - len(with_email)
        tally.number_new += sum(each.mobile is not None for each in people)

    def _count_known(self, person: Person, *, is_repeat: bool) -> None:
        """Count the rows of a person; but for the first of them, and after an earlier chunk, they are repeats."""
        tally = self._read.tally
        if person.email:
            tally.repeated_email += person.rows - 1 + is_repeat
        if is_repeat:
            tally.repeated_number += person.mobile is not None
            return
        tally.updated += 1
        tally.email_update += person.email is not None
        tally.number_update += person.mobile is not None


def _document(fields: Mapping[str, str]) -> str:
    """Return fields as the database keeps them, without those that are to be empty."""
    return _encode(_filled(fields) if "" in fields.values() else fields).decode() if fields else "{}"


def _filled(fields: Mapping[str, str]) -> dict[str, str]:
    return {number: value for number, value in fields.items() if value}


def _addresses(read: People) -> Iterator[str]:
    for person in (*read.by_email, *read.by_mobile):
        if person.email:
            yield person.email
        if person.mobile:
            yield person.mobile


def _becomes(event: Event) -> dict[int, int]:
    return {int(status): int(next_status(status, event)) for status in Status}


def _assign_groups(tx: Transaction, plan: ImportPlan, chunk: _Chunk) -> None:
    """Put everybody into the plan's groups and, where it says so, out of the list's others."""
    wanted = {group.id for group in find_groups(tx, plan.group_ids, list_ids=(plan.list_id,))}
    current = queries.memberships_of(tx, chunk.known_ids) if chunk.known_ids else set()
    everybody = [*chunk.new_ids, *chunk.known_ids]
    queries.join(tx, [key for key in _pairs(everybody, wanted) if key not in current])
    if plan.replace_groups:
        others = {group.id for group in catalog(tx).groups_of(plan.list_id)} - wanted
        queries.leave(tx, [key for key in current if key[1] in others])


def _pairs(recipient_ids: Sequence[int], group_ids: set[int]) -> Iterator[tuple[int, int]]:
    return ((recipient_id, group_id) for recipient_id in recipient_ids for group_id in sorted(group_ids))


def _ask(
    tx: Transaction, plan: ImportPlan, sending_id: int, waiting: list[tuple[int, str, str]], *, now: datetime
) -> None:
    """Plan a confirmation request for everybody who is pending, held until its sending is launched."""
    written = {"message": plan.request} if plan.request else {}
    requests = [
        NewDelivery(
            kind=CONFIRMATION,
            address=email,
            list_id=plan.list_id,
            recipient_id=recipient_id,
            details={"lists": [plan.list_id], "base_url": plan.base_url, "language": language, **written},
        )
        for recipient_id, email, language in waiting
    ]
    put_for_sending(tx, sending_id, requests, host=plan.host, now=now)
