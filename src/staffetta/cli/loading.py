"""The table of commands, whose modules are loaded when they are called for, and what a failed command says."""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from traceback import extract_tb
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

from staffetta.cli.output import one_line
from staffetta.errors import Refusal


class Part(NamedTuple):
    """A command or a group of commands: the module that has it, and what it is for."""

    module: str
    purpose: str


# The domain takes half a second to import, which `--help` need not spend: only the part that is called is loaded.
PARTS: Final[Mapping[str, Part]] = MappingProxyType(
    {
        "up": Part("running", "Run everything in one process: HTTP, the sender, the sealer."),
        "serve": Part("running", "Run HTTP alone, beside `send`; PostgreSQL only."),
        "send": Part("mailing", "Send an HTML file to a list; without one, run the sender alone (PostgreSQL only)."),
        "account": Part("accounts", "Make, list and change accounts."),
        "user": Part("users", "Add the people of an account, change passwords and what lists they see."),
        "app": Part("applications", "Register, list, revoke and block REST applications."),
        "activation": Part("activations", "Show accounts that applications ask for; retry, block, let them wait."),
        "terms": Part("terms", "Publish and show the terms of service, and who accepted them."),
        "list": Part("lists", "Make, show and change lists."),
        "group": Part("groups", "Make and list groups."),
        "field": Part("fields", "Name and list personal data fields."),
        "service": Part("services", "Switch services and their check of callers."),
        "ip": Part("networks", "Register the addresses that may call a service."),
        "policy": Part("policy", "Show what an account may call, how often, and from where."),
        "import": Part("importing", "Import people from a CSV file."),
        "export": Part("exporting", "Write the people of a list as CSV."),
        "consent": Part("consent", "Show and verify the ledger of consent."),
        "suppression": Part("suppressions", "Show and change who must not be written to; undo a wrong bounce."),
        "message": Part("messages", "Show what came of messages."),
        "recipient": Part("recipients", "Show what is known of one person."),
        "preflight": Part("preflight", "Look at a message before it is sent."),
        "sending": Part("sendings", "Show the sendings of messages; stop, resume, delete and repeat them."),
        "outbox": Part("outbox", "Show deliveries, and settle those in doubt."),
        "relay": Part("relay", "Show what relays may get, and who asked for less mail."),
        "dkim": Part("dkim", "Make, show and retire the keys that sign mail."),
        "key": Part("keys", "Change the key that signs links."),
        "db": Part("database", "Upgrade, check and back up the database."),
        "selftest": Part("selftest", "Try on this machine what the platform promises."),
        "settings": Part("settings", "Show every setting."),
    }
)


class Parts(TyperGroup):
    """The commands of PARTS: named without being loaded, loaded when called."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - the base's
        """Return the names of all parts, in the order of the table."""
        return list(PARTS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - the base's
        """Return a part if it is loaded, else enough of it for a page of help; None where there is none."""
        if cmd_name not in PARTS:
            return None
        return self.commands.get(cmd_name) or TyperCommand(cmd_name, help=PARTS[cmd_name].purpose)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Load the part that is called."""
        if args and args[0] in PARTS:
            self.commands[args[0]] = load(args[0])
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run a command; say on one line why it could not be done."""
        try:
            return super().invoke(ctx)
        except Refusal as refusal:
            _fail(str(refusal))
        except BrokenPipeError:
            raise
        except OSError as error:
            _fail(f"{error.filename}: {error.strerror}" if error.filename else str(error))
        except Exception as error:  # noqa: BLE001 - the outermost layer
            _fail(_reason(error))


def load(name: str) -> Any:
    """Return a part's command, or its group of commands."""
    part = PARTS[name]
    group: Any = typer.main.get_command(import_module(f"staffetta.cli.{part.module}").app)
    command = getattr(group, "commands", {}).get(name, group)
    command.help = command.help or part.purpose
    return command


def _reason(error: Exception) -> str:
    """Return what went wrong: the database's weather in its words, a mistake of ours by its place alone.

    The text of an unforeseen exception can carry an address or a password.
    """
    from staffetta.db import DatabaseUnavailable  # noqa: PLC0415 - half a second that `--help` need not spend

    if isinstance(error, DatabaseUnavailable):
        return f"{_first_line(error)}; is the database running, and is STAFFETTA_DATABASE right?"
    if type(error).__module__.startswith(("typer", "click")):
        raise error
    frame = extract_tb(error.__traceback__)[-1]
    place = f"{Path(frame.filename).name}, line {frame.lineno}"
    return f"a mistake of ours, please report it: {type(error).__name__} in {place}"


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]


def _fail(reason: str) -> None:
    typer.echo(f"error: {one_line(reason)}", err=True)
    raise typer.Exit(1)
