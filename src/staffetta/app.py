"""Puts the parts together and runs them: everything in one process, or HTTP and the sender apart."""

import asyncio
import gc
import secrets
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import structlog
import uvicorn
import uvloop

from staffetta.access import add_demo_application
from staffetta.accounts import Account, directory, host_only
from staffetta.campaigns import Recorder
from staffetta.db import Connection, Database, open_database
from staffetta.db.upgrading import require_current, upgrade
from staffetta.errors import FailedPrecondition, InvalidArgument
from staffetta.imports import Importer
from staffetta.interfaces.console import Console
from staffetta.interfaces.frontend import FrontEnd
from staffetta.interfaces.health import Health
from staffetta.interfaces.oauth import OAuth
from staffetta.interfaces.platform import Platform, networks
from staffetta.interfaces.public import PublicPages, TrackedPages
from staffetta.interfaces.rest import Rest
from staffetta.interfaces.routing import Router
from staffetta.interfaces.sandbox import Sandbox
from staffetta.interfaces.soap import Soap
from staffetta.interfaces.throttles import Throttles
from staffetta.interfaces.wire import LenientHttpProtocol
from staffetta.kit.clock import utc_now
from staffetta.kit.logs import configure_logs
from staffetta.lists import catalog, find_demo, make_demo
from staffetta.provisioning import Provisioner
from staffetta.sending import Intake, Sealer, Sender
from staffetta.settings import Settings
from staffetta.tracking import FOLLOW, ONLINE, PIXEL, Signer, load_signer

log = structlog.get_logger()

BACKLOG = 2_048
KEEP_ALIVE_SECONDS = 75
# A request leaves no cycles behind; looking for some after every 700 objects, two requests, is work for nothing.
COLLECTIONS = (20_000, 20, 20)
# The first segments of the paths of the SOAP services, and of the JSONP service beside them.
SOAP_SEGMENTS = ("services", "mailupsend.asmx", "mailupmanage.asmx", "mailupreport.asmx", "1.0", "1.1")
# Those of the picture, the links and the online version of messages.
TRACKED_SEGMENTS = tuple(each.strip("/") for each in (PIXEL, FOLLOW, ONLINE))
# Requests in flight when the process is told to stop are finished, unless they take longer than this.
GRACE_SECONDS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """What a person needs next, once the server answers; of the account nothing where there is none yet."""

    url: str
    console_host: str
    account_id: int | None = None
    list_id: int | None = None
    list_guid: str = ""
    api_user: str = ""
    console_user: str = ""
    password: str = ""
    client_id: str = ""
    client_secret: str = ""
    mail_url: str


def run_up(settings: Settings, *, demo: bool, announce: Callable[[Ready], None]) -> None:
    """Run everything in one process until SIGTERM or SIGINT; `announce` is called when it answers.

    Raises:
        FailedPrecondition: another server has the SQLite file.
        DatabaseUnavailable: the database cannot be opened.

    """
    _run(settings, serves=True, sends=True, demo=demo, announce=announce)


def run_serve(settings: Settings) -> None:
    """Run HTTP alone, beside `send` processes on the same PostgreSQL."""
    _require_postgresql(settings)
    _run(settings, serves=True, sends=False)


def run_send(settings: Settings) -> None:
    """Run the workers alone: sender, importer, provisioner, sealer and recorder."""
    _require_postgresql(settings)
    _run(settings, serves=False, sends=True)


def _require_postgresql(settings: Settings) -> None:
    if settings.database_url.startswith("sqlite"):
        raise FailedPrecondition(
            "one process serves and sends on SQLite: run `staffetta up`, or set STAFFETTA_DATABASE to a PostgreSQL URL"
        )


def _run(
    settings: Settings,
    *,
    serves: bool,
    sends: bool,
    demo: bool = False,
    announce: Callable[[Ready], None] | None = None,
) -> None:
    configure_logs(settings.log)
    database = open_database(settings)
    try:
        database.claim_server()
        if announce:
            upgrade(settings.database_url)
        else:
            require_current(settings.database_url)
        listener = _listen(settings.bind) if serves else None
        if listener:
            # Links in mail name the port that is listened on, which with port 0 the machine chooses.
            settings = replace(settings, bind=_netloc(listener))
        returns = _listen(settings.bounce_bind, setting="BOUNCE_BIND") if sends and settings.bounce_bind else None
        ready = _prepare(settings, database, listener, demo=demo) if listener else None
        with database.connection() as connection:
            signer = load_signer(connection, now=utc_now())
        uvloop.run(_serve(settings, database, signer, listener, returns, sends=sends, ready=ready, announce=announce))
    finally:
        database.close()


async def _serve(
    settings: Settings,
    database: Database,
    signer: Signer,
    listener: socket.socket | None,
    returns: socket.socket | None,
    *,
    sends: bool,
    ready: Ready | None,
    announce: Callable[[Ready], None] | None,
) -> None:
    """Run until a signal; then finish what was asked for, hand over what is in talk, and seal the ledger."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)

    sender = Sender(settings, database, signer)
    importer = Importer(database, wake_sender=sender.wake)
    provisioner = Provisioner(settings, database, signer, wake_sender=sender.wake)
    intake = Intake(settings, database, signer, listener=returns, wake_sender=sender.wake)
    sealer = Sealer(database)
    recorder = Recorder(database)
    workers = (provisioner, importer, intake, sender, sealer, recorder)
    work = [asyncio.create_task(each.run()) for each in workers] if sends else []
    server: Server | None = None
    if listener:
        platform = Platform(
            settings=settings,
            database=database,
            signer=signer,
            throttles=Throttles(settings),
            wake_sender=sender.wake,
            wake_importer=importer.wake,
            wake_provisioner=provisioner.wake,
            import_ended=importer.ended if sends else None,
            trusted_proxies=networks(settings.trusted_proxies),
        )
        server = Server(application(platform))
        work.append(asyncio.create_task(server.serve(sockets=[listener])))
        await server.answering(work[-1])
    gc.collect()
    gc.freeze()  # what is there now stays: later collections need not look at it
    gc.set_threshold(*COLLECTIONS)
    if announce and ready:
        announce(ready)

    waiter = asyncio.create_task(stopping.wait())
    await asyncio.wait([waiter, *work], return_when=asyncio.FIRST_COMPLETED)
    waiter.cancel()
    log.info("stopping")
    if server:
        server.should_exit = True
        await work[-1]
    for each in workers:
        each.stop()
    await asyncio.gather(*work)


class Server(uvicorn.Server):
    """uvicorn inside our own event loop, which has signal handlers of its own."""

    def __init__(self, app: Any) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=LenientHttpProtocol,
                ws="none",
                lifespan="off",
                log_config=None,
                log_level="warning",
                access_log=False,
                server_header=False,
                proxy_headers=False,
                backlog=BACKLOG,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=GRACE_SECONDS,
            )
        )

    async def answering(self, task: asyncio.Task[None]) -> None:
        """Wait until requests are answered, or the server could not be started."""
        while not self.started and not task.done():  # noqa: ASYNC110 - uvicorn has a flag, no event
            await asyncio.sleep(0.005)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the event loop: the sender has to finish after the last request."""
        yield


def application(platform: Platform) -> Router:
    """Return the ASGI application of every interface."""
    front_end = FrontEnd(platform)
    public = PublicPages(platform)
    tracked = TrackedPages(platform)
    sandbox = Sandbox(platform)
    rest = Rest(platform)
    oauth = OAuth(platform)
    console = Console(platform)
    soap = Soap(platform)
    health = Health(platform.database)
    return Router(
        paths={
            "/healthz": health.healthz,
            "/readyz": health.readyz,
            "/metrics": health.metrics,
            **{f"/frontend/{name}": front_end for name in front_end.names},
        },
        segments={
            "api": rest,
            "authorization": oauth,
            "console": console,
            **dict.fromkeys(SOAP_SEGMENTS, soap),
            "sandbox": sandbox,
            "": sandbox,
            **dict.fromkeys(TRACKED_SEGMENTS, tracked),
        },
        otherwise=public,
    )


def _listen(bind: str, *, setting: str = "BIND") -> socket.socket:
    host, _, port = bind.rpartition(":")
    host = host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, event loops see that it is TCP and turn Nagle's algorithm off.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, int(port)))
    except (OSError, ValueError, OverflowError) as error:
        listener.close()
        raise InvalidArgument(
            f"cannot listen on {bind}: {error}; set STAFFETTA_{setting} to another address"
        ) from error
    return listener


def _netloc(listener: socket.socket) -> str:
    """Return where this machine reaches a listener."""
    host, port = listener.getsockname()[:2]
    local = "127.0.0.1" if host in ("0.0.0.0", "::") else f"[{host}]" if ":" in host else host  # noqa: S104 - a comparison
    return f"{local}:{port}"


def _prepare(settings: Settings, database: Database, listener: socket.socket, *, demo: bool) -> Ready:
    """Make the demo account where it is asked for; return what a person needs next."""
    netloc = _netloc(listener)
    secret_file = settings.home.expanduser() / "demo.json"
    with database.connection() as connection:
        account = find_demo(connection)
        if demo and account is None:
            password = secrets.token_urlsafe(9)
            hosts = tuple(dict.fromkeys((netloc, f"localhost:{netloc.rpartition(':')[2]}")))
            account = make_demo(connection, hosts=hosts, password=password, now=utc_now())
            _keep_secret(secret_file, account_id=account.id, password=password)
        application = add_demo_application(connection, now=utc_now()) if demo else None
        if application:
            _keep_secret(
                secret_file,
                client_id=application.application.client_id,
                client_secret=application.client_secret,
            )
        account = account or next(iter(directory(connection, anew=True).by_id.values()), None)
        if account is None:
            log.warning("there is no account yet: run `staffetta account add`, or `staffetta up --demo`")
            return Ready(url=f"http://{netloc}", console_host=netloc, mail_url=f"http://{netloc}/sandbox/mail")
        return _ready(connection, account, netloc, secret_file)


def _ready(connection: Connection, account: Account, netloc: str, secret_file: Path) -> Ready:
    first = next(iter(catalog(connection.for_account(account.id)).lists.values()))
    leads_here = host_only(netloc) in {host_only(each) for each in account.hosts}
    secret = _kept_secrets(secret_file)
    return Ready(
        url=f"http://{netloc}",
        console_host=netloc if leads_here or not account.hosts else account.host,
        account_id=account.id,
        list_id=first.id,
        list_guid=first.guid,
        api_user=account.api_user,
        console_user=f"m{account.id}",
        password=secret.get("password", "") if secret.get("account_id") == account.id else "",
        client_id=secret.get("client_id", ""),
        client_secret=secret.get("client_secret", ""),
        mail_url=f"http://{netloc}/sandbox/mail",
    )


def _kept_secrets(file: Path) -> dict[str, Any]:
    return msgspec.json.decode(file.read_bytes(), type=dict[str, Any]) if file.exists() else {}


def _keep_secret(file: Path, **secrets_in_clear: object) -> None:
    """Keep what the demo needs where only the owner reads it: the database has no more than hashes."""
    kept = {**_kept_secrets(file), **secrets_in_clear}
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(mode=0o600, exist_ok=True)
    file.write_bytes(msgspec.json.encode(kept))
