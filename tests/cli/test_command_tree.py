"""The tree of commands: quick to name, complete in the reference page, and never a stack trace."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from staffetta.cli.loading import PARTS, load

HIDDEN = ("--help", "--markdown", "--install-completion", "--show-completion")
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "commands.md"


def commands(command: Any, path: str) -> Iterator[str]:
    children = getattr(command, "commands", None)
    if not children:
        yield path
    for name, child in (children or {}).items():
        yield from commands(child, f"{path} {name}")


def test_the_reference_page_has_every_command_and_no_other():
    page = PAGE.read_text("utf-8")

    named = {match.strip() for match in re.findall(r"^\| `((?:[a-z]+ ?)+)", page, re.MULTILINE)}

    assert named == {path for name in PARTS for path in commands(load(name), name)}


def test_the_reference_page_has_every_option():
    page = PAGE.read_text("utf-8")

    options = {
        option
        for name in PARTS
        for path in commands(load(name), name)
        for option in options_of(path)
        if option not in HIDDEN
    }

    assert [option for option in sorted(options) if option not in page] == []


def options_of(path: str) -> Iterator[str]:
    name, *rest = path.split()
    command = load(name)
    for word in rest:
        command = command.commands[word]
    for parameter in command.params:
        yield from (each for each in (*parameter.opts, *parameter.secondary_opts) if each.startswith("--"))


@pytest.mark.parametrize("name", PARTS)
def test_every_part_has_a_page_of_help(staffetta, name):
    done = staffetta(name, "--help")

    assert done.code == 0
    assert "Usage:" in done.out


def test_the_list_of_commands_loads_none_of_them():
    script = "import sys; sys.argv = ['staffetta', '--help']; from staffetta.cli import main\ntry:\n main()\n"
    script += "finally:\n assert not {'sqlalchemy', 'uvicorn', 'starlette'} & set(sys.modules)"

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 0, done.stderr
    assert all(part.purpose[:40] in done.stdout for part in PARTS.values())


def test_a_command_on_lists_loads_no_server():
    script = "import sys, staffetta.cli.lists\nassert not {'uvicorn', 'starlette', 'alembic'} & set(sys.modules)"

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 0, done.stderr


def test_an_unknown_command_is_a_mistake_of_usage(executable):
    done = executable("bogus")

    assert done.code == 2
    assert "No such command" in done.err
    assert "Traceback" not in done.err
    assert done.out == ""


def test_the_version_is_printed(staffetta):
    assert re.fullmatch(r"staffetta \d+\.\d+\.\d+\n", staffetta("--version").out)
