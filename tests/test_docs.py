"""The documents are true: links lead somewhere, commands parse, settings and packages exist."""

import re
import shlex
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest
import typer
from sqlalchemy import Text, literal

from staffetta.cli.loading import PARTS, load
from staffetta.db import filtering
from staffetta.interfaces.rest import imports, launching, messages, recipient_statistics, recipients, statistics
from staffetta.interfaces.rest.table import ENDPOINTS
from staffetta.interfaces.rest.wire.paging import Page
from staffetta.kit.filters import parse_filter, parse_order, predicate, sorted_by
from staffetta.lists import ListSettings, MailingList
from staffetta.settings import Settings

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "staffetta"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])

FENCE = re.compile(r"^ *(```|~~~)(\w*)[^\n]*\n(.*?)^ *\1 *$", re.MULTILINE | re.DOTALL)
INDENTED = re.compile(r"^ {4}\S.*$", re.MULTILINE)
INLINE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ +(.+?)#* *$", re.MULTILINE)
VARIABLE = re.compile(r"STAFFETTA_[A-Z0-9_]+")
MODULE = re.compile(r"`([a-z_]+(?:/[a-z_]+)*\.py)`")

EXAMPLES = re.compile(r"^```(filterby|orderby) (\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PROPERTIES = re.compile(r"^\| ((?:[A-Z]\d+(?:, )?)+) \| (.+) \|$", re.MULTILINE)

# Collections that the database filters, by what it knows of them; the others are filtered in memory, by their items.
BY_DATABASE: dict[str, tuple[Mapping[str, filtering.Property], bool]] = {
    "R6": (imports.PROPERTIES, False),
    **dict.fromkeys(("R11", "R12", "R13", "R15"), (recipients.PROPERTIES, True)),
    "R14": (recipients.OPTIN_PROPERTIES, True),
    **dict.fromkeys(("M7", "M10"), (messages.PROPERTIES, False)),
    **dict.fromkeys(("M8", "M9"), (messages.LIBRARY_PROPERTIES, False)),
    "D4": (launching.history_properties(MailingList(id=0, guid="", name="", settings=ListSettings())), False),
    "S2": (statistics.RECIPIENTS, False),
    **dict.fromkeys(("S4", "S6"), (statistics.ENGAGED, False)),
    "S9": (statistics.URL_CLICK_DETAILS, False),
    "S11": (statistics.BOUNCES, False),
    "S13": (statistics.UNSUBSCRIPTIONS, False),
    **{number: (known, False) for number, known in recipient_statistics.PROPERTIES.items()},
}
# Names of items besides their members, and members that are no single value.
ALIASES = {"R10": {"idField"}, "M16": {"idTag"}}
NO_VALUES = {"Fields", "Subscriptions"}

# What the command line raises for a mistake of usage; typer keeps it to itself.
UsageError: type[Exception] = typer.BadParameter.__mro__[1]

# What ends a command in a shell, and what stands where a reader puts a word of their own.
ENDS = {"|", "||", "&", "&&", ";", "(", ")", ">", ">>", "<"}
ELLIPSIS = "…"


def examples(kind: str) -> list[Any]:
    """Return the resource and text of each example; what follows a wide gap explains it."""
    text = (ROOT / "docs" / "reference" / "filter-language.md").read_text("utf-8")
    shown = [(resource, block) for each, resource, block in EXAMPLES.findall(text) if each == kind]
    return [
        pytest.param((resource, line), id=f"{resource} {line}")
        for resource, block in shown
        for line in (re.split(r" {3,}", each)[0] for each in block.splitlines())
    ]


def collections() -> dict[str, set[str]]:
    """Return the names that each collection is filtered by; `fields` stands for the account's personal data fields."""
    found = {}
    for endpoint in ENDPOINTS:
        if endpoint.id in BY_DATABASE:
            properties, has_fields = BY_DATABASE[endpoint.id]
            found[endpoint.id] = {*properties, "fields"} if has_fields else set(properties)
        elif get_origin(endpoint.answer) is Page:
            members = set(get_args(endpoint.answer)[0].__struct_encode_fields__)
            found[endpoint.id] = members - NO_VALUES | ALIASES.get(endpoint.id, set())
    return found


def a_field(_name: str) -> Any:
    return literal("", Text())


def each(paths: Iterable[Path]) -> list[Any]:
    return [pytest.param(path, id=str(path.relative_to(ROOT))) for path in paths]


@pytest.mark.parametrize("document", each(DOCUMENTS))
def test_every_relative_link_leads_somewhere(document: Path):
    text = FENCE.sub("", document.read_text("utf-8"))

    dead = [link for link in LINK.findall(text) if not leads_somewhere(document, link)]

    assert dead == []


@pytest.mark.parametrize("document", each(DOCUMENTS))
def test_every_command_line_parses(document: Path):
    for words in command_lines(document.read_text("utf-8")):
        parse(words, whole=True)


@pytest.mark.parametrize("document", each(DOCUMENTS))
def test_every_command_that_is_named_exists(document: Path):
    text = FENCE.sub("", document.read_text("utf-8"))

    for span in INLINE.findall(text):
        for words in commands_in(span):
            parse(words, whole=False)


@pytest.mark.parametrize("document", each(DOCUMENTS))
def test_every_setting_that_is_named_exists(document: Path):
    text = document.read_text("utf-8")

    named = {name.removeprefix("STAFFETTA_").lower() for name in VARIABLE.findall(text)}
    named |= {key for kind, block in blocks(text) if kind == "toml" for key in tomllib.loads(block)}

    assert named <= {field.name for field in fields(Settings)}


def test_the_architecture_names_every_package():
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")

    packages = {folder.parent.relative_to(SOURCE).as_posix() for folder in SOURCE.rglob("__init__.py")}
    packages = {package for package in packages if package != "." and "migrations" not in package}
    packages |= {module.stem for module in SOURCE.glob("*.py") if module.stem != "__init__"}

    assert [package for package in sorted(packages) if f"`{package}`" not in text] == []


@pytest.mark.parametrize(
    "document", each([ROOT / "docs" / "architecture.md", *(ROOT / "docs" / "decisions").iterdir()])
)
def test_every_module_that_is_named_exists(document: Path):
    named = MODULE.findall(document.read_text("utf-8"))

    assert [name for name in named if not (SOURCE / name).is_file() and not is_usual(name)] == []


def test_decisions_are_numbered_without_a_gap():
    numbers = sorted(int(page.name[:4]) for page in (ROOT / "docs" / "decisions").glob("*.md"))

    assert numbers == list(range(1, len(numbers) + 1))


def test_the_filter_language_names_every_property():
    text = (ROOT / "docs" / "reference" / "filter-language.md").read_text("utf-8")

    named = {key: set(re.findall(r"\w+", row)) for keys, row in PROPERTIES.findall(text) for key in keys.split(", ")}

    assert named == collections()


@pytest.mark.parametrize("example", examples("filterby"))
def test_every_filter_that_is_shown_can_be_asked(example: tuple[str, str]):
    resource, text = example
    node = parse_filter(text)

    assert node
    if resource in BY_DATABASE:
        properties, has_fields = BY_DATABASE[resource]
        filtering.where(node, properties, fields=a_field if has_fields else None)
    else:
        predicate(node, dict.fromkeys(collections()[resource], lambda _item: None))


@pytest.mark.parametrize("example", examples("orderby"))
def test_every_order_that_is_shown_can_be_asked(example: tuple[str, str]):
    resource, text = example
    orders = parse_order(text)

    assert orders
    if resource in BY_DATABASE:
        properties, has_fields = BY_DATABASE[resource]
        filtering.ordering(orders, properties, fields=a_field if has_fields else None)
    else:
        sorted_by([], orders, dict.fromkeys(collections()[resource], lambda _item: None))


@pytest.mark.parametrize(
    "words",
    [["bogus"], ["account", "bogus"], ["up", "--bogus"], ["list", "add"], ["group", "add", "VIP", "--list", "x"]],
)
def test_a_command_that_does_not_exist_is_found(words):
    with pytest.raises((AssertionError, UsageError)):
        parse(words, whole=True)


def is_usual(name: str) -> bool:
    """Tell whether a name is one that every package of the domain has a module of."""
    return "/" not in name and any(SOURCE.rglob(name))


def leads_somewhere(document: Path, link: str) -> bool:
    if "://" in link or link.startswith("mailto:"):
        return True
    path, _, anchor = link.partition("#")
    target = document.parent / path if path else document
    if not target.exists():
        return False
    return not anchor or anchor in map(anchor_of, HEADING.findall(target.read_text("utf-8")))


def anchor_of(heading: str) -> str:
    """Return the anchor that a heading gets where documents are read."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def blocks(text: str) -> Iterator[tuple[str, str]]:
    for _, kind, block in FENCE.findall(text):
        yield kind, block


def command_lines(text: str) -> Iterator[list[str]]:
    """Yield the words of every command of ours that a reader may paste."""
    pasted = [line for kind, block in blocks(text) if kind in ("", "console", "sh") for line in lines(block)]
    for line in [*pasted, *INDENTED.findall(FENCE.sub("", text))]:
        yield from commands_in(line.strip().removeprefix("$ "))


def lines(block: str) -> Iterator[str]:
    for line in block.replace("\\\n", " ").splitlines():
        yield line.strip()


def commands_in(line: str) -> Iterator[list[str]]:
    """Yield the words that follow `staffetta` where it is the command, after settings of the environment or none."""
    if "staffetta " not in line:
        return
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    words: list[str] = []
    for word in [*lexer, ";"]:
        if word not in ENDS:
            words.append(word)
            continue
        while words and re.match(r"[A-Z_]+=", words[0]):
            words.pop(0)
        # A command in capitals or left open stands for any.
        if len(words) > 1 and words[0].rpartition("/")[2] == "staffetta" and not words[1].isupper():
            yield [each for each in words[1:] if not each.startswith(ELLIPSIS)]
        words = []


def parse(words: list[str], *, whole: bool) -> None:
    """Parse a command as the command line does; one that is only named may lack what it needs.

    Raises:
        UsageError: it has no such option, or an argument is malformed or missing.

    """
    name, *rest = words
    if name.startswith("-"):
        return
    assert name in PARTS, words
    command = load(name)
    while getattr(command, "commands", None) and rest:
        assert rest[0] in command.commands, words
        command = command.commands[rest.pop(0)]
    if not getattr(command, "commands", None):
        with_arguments(command, rest, whole=whole)
    else:
        assert not whole, words


def with_arguments(command: Any, words: list[str], *, whole: bool) -> None:
    if words == ["--help"]:
        return
    try:
        command.make_context(command.name, list(words))
    except UsageError as error:
        if whole or not is_missing(error):
            raise


def is_missing(error: Exception) -> bool:
    return type(error).__name__ == "MissingParameter" or "requires an argument" in str(error)
