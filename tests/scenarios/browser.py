"""A person at a real browser, who notices what goes wrong behind the page."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WIDTHS = (390, 1200)


@dataclass
class Visitor:
    """A page of a browser; `faults` is what the console complained of, `hosts` is who was asked for something."""

    page: Page
    folder: Path
    faults: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)
    pictures: list[Path] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.watch(self.page)
        self.page.context.on("page", self.watch)

    def watch(self, page: Page) -> None:
        page.on("console", lambda message: message.type in ("error", "warning") and self.faults.append(message.text))
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("request", lambda request: self.hosts.add(urlsplit(request.url).netloc))

    def look(self, name: str) -> None:
        """Keep pictures of the page as phones and desks show it; nothing may stand out to the side."""
        for width in WIDTHS:
            self.page.set_viewport_size({"width": width, "height": 1200})
            sideways = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert sideways <= 0, f"{name} is {sideways} pixels too wide at {width}"
            picture = self.folder / f"{len(self.pictures):02}-{name}-{width}.png"
            # Not the full page: what a frame shows would stay white.
            self.page.screenshot(path=picture)
            self.pictures.append(picture)

    @property
    def heading(self) -> str:
        return self.page.locator("h1").inner_text()

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name).click()


@contextmanager
def browser() -> Iterator[Browser]:
    """Start Debian's Chromium, which talks to nobody that it is not told to."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield started
        started.close()


@contextmanager
def site_of_somebody_else(html: str, headers: Mapping[str, str] | None = None) -> Iterator[str]:
    """Serve a page from another origin, with headers of the test's own; return its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = html.encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://localhost:{server.server_port}/"
        server.shutdown()
        thread.join()
