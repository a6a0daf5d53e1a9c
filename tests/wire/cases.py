"""Wire cases: what clients send and what they are answered, octet by octet, as data that the documentation shares.

A file of `tests/wire` has cases, a case has steps, a step has a request and its answer:

    [[case]]
    name = "a group is made and deleted"
    source = "seed on lists, Create Group"

    [[case.step]]
    request = "POST C/List/1/Group"
    body = '{ "Name":"Friends", "Notes":"" }'
    answer = '{"Count":null,"Deletable":true,"Name":"Friends","Notes":"","idGroup":{made_id},"idList":1}'

    [[case.step]]
    request = "DELETE C/List/1/Group/{made_id}"

- `C/` is the console service, `P/` the public one, `S/` that of statistics (contract, section 0). The target is sent as
  it stands, with raw quotes and raw UTF-8.
- `headers` come on top of Host and the access token; `""` leaves one out. Besides them only Content-Length is sent.
- `status` is 200 and `type` JSON unless the step says otherwise; without `answer` the body is empty.
- `answer` is the whole body; line ends and indentation are not part of it. Of headers `answer_headers` are looked at.
- `{name}` is what the runner or an earlier step knows by that name. One that nobody knows is learnt from the answer;
  its last word says what it looks like: `{made_id}`, `{list_guid}`. `{id}`, `{any}` and other bare words are not kept.
- `until = true` repeats the request for a while until the answer is right, as clients do that poll.
- `[texts]` of a file are names for what its bodies and answers often have.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
BASE = "/API/v1.1/Rest/"
SERVICES = {
    "C/": f"{BASE}ConsoleService.svc/Console/",
    "P/": f"{BASE}PublicService.svc/",
    "S/": f"{BASE}MailStatisticsService.svc/",
}
JSON = "application/json; charset=utf-8"

NAME = re.compile(r"\{([a-z][a-z0-9_]*)\}")
FORMS = {
    "any": r".*",
    "code": r"[A-Za-z0-9]{20,128}",
    "cookie": r"[A-Za-z0-9_-]+",
    "date": r"20\d\d-[01]\d-[0-3]\d [0-2]\d:[0-5]\d:[0-5]\dZ",
    "digest": r"[0-9a-f]{32}",
    "guid": r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    "id": r"[1-9][0-9]{0,9}",
    "instant": r"20\d\d-[01]\d-[0-3]\d [0-2]\d:[0-5]\d:[0-5]\d\.\d\d\d",
    "sender": r"[A-Za-z0-9]{16}",
    "text": r'(?:[^"\\]|\\.)+',
    "ticket": r"[A-Za-z0-9_=-]+",
    "token": r"[A-Za-z0-9]{32,128}",
}


@dataclass(frozen=True, slots=True)
class Step:
    """A request and its answer."""

    request: str
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int = 200
    type: str = JSON
    answer: str = ""
    answer_headers: Mapping[str, str] = field(default_factory=dict)
    until: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """Steps of which the later may need what the earlier were answered; `source` is where they are attested."""

    file: str
    name: str
    source: str
    steps: tuple[Step, ...]

    def __str__(self) -> str:
        return f"{self.file}: {self.name}"


def read_cases() -> list[Case]:
    """Return the cases of all files."""
    return [case for file in sorted(FOLDER.glob("*.toml")) for case in _cases_of(file)]


def target_of(target: str) -> str:
    """Write a target out that begins with the name of a service."""
    return SERVICES[target[:2]] + target[2:] if target[:2] in SERVICES else target


def pattern(answer: str, known: Mapping[str, str]) -> re.Pattern[str]:
    """Return what an answer has to match: octets, but for names that nobody knows yet."""
    seen: set[str] = set()

    def form(name: str) -> str:
        if name in known:
            return re.escape(known[name])
        if name in seen:
            return f"(?P={name})"
        looks = FORMS[name.rpartition("_")[2]]
        if name in FORMS:
            return looks
        seen.add(name)
        return f"(?P<{name}>{looks})"

    pieces = NAME.split(answer)
    return re.compile(
        "".join(form(piece) if number % 2 else re.escape(piece) for number, piece in enumerate(pieces)), re.DOTALL
    )


def filled(text: str, known: Mapping[str, str]) -> str:
    """Return a text of a request with what its names stand for."""
    return NAME.sub(lambda found: known[found[1]], text)


def _cases_of(file: Path) -> list[Case]:
    written = tomllib.loads(file.read_text("utf-8"))
    texts = {name: _joined(text) for name, text in written.get("texts", {}).items()}
    return [_case(file.stem, case, texts) for case in written["case"]]


def _case(file: str, written: Mapping[str, Any], texts: Mapping[str, str]) -> Case:
    steps = tuple(_step(step, texts) for step in written["step"])
    return Case(file, written["name"], written.get("source", ""), steps)


def _step(written: Mapping[str, Any], texts: Mapping[str, str]) -> Step:
    def spelt_out(text: str) -> str:
        return NAME.sub(lambda found: texts.get(found[1], found[0]), text)

    step = Step(**written)
    body, answer = spelt_out(step.body.strip("\n")), spelt_out(_joined(step.answer))
    return replace(step, body=body, answer=answer)


def _joined(text: str) -> str:
    return re.sub(r"\s*\n\s*", "", text)
