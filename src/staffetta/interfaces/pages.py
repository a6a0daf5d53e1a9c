"""What all our HTML pages share: templates, styles, texts and the headers that shut everything else out."""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from importlib.resources import files
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any, Final

from jinja2 import BaseLoader, Environment, StrictUndefined, TemplateNotFound
from markupsafe import Markup, escape

from staffetta.kit.languages import Language, texts

PACKAGE: Final = "staffetta.interfaces"

CONTENT_TYPES: Final = {".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}

POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none';"
    " base-uri 'none'"
)

# Pages are about one person and carry tokens in their address: nobody keeps, frames or is told of them.
SECURITY_HEADERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Content-Security-Policy": POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
        "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
        "X-Frame-Options": "DENY",
        "X-Robots-Tag": "noindex, nofollow",
    }
)

# Where a sign-up begins or ends, in a frame of another site or read by its script (contract 9.1): nobody can be led
# into clicking what does nothing before an address is typed.
LANDING_HEADERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        **{name: value for name, value in SECURITY_HEADERS.items() if name != "X-Frame-Options"},
        "Content-Security-Policy": POLICY.replace(" frame-ancestors 'none';", ""),
        "Access-Control-Allow-Origin": "*",
    }
)

# The page around a caught mail shows the mail in a frame; it is not to be framed itself.
SANDBOX_SECURITY_HEADERS: Final[Mapping[str, str]] = MappingProxyType(
    {**SECURITY_HEADERS, "Content-Security-Policy": f"{POLICY}; frame-src 'self'"}
)

# The hash of the content is in the path, so what is there never changes.
STATIC_HEADERS: Final[Mapping[str, str]] = MappingProxyType(
    {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}
)

# What may stand in a policy: nothing that could end the directive and begin another.
# A sentence that ends on a name like `Rossi S.r.l.` needs no full stop of its own.
TWO_STOPS = re.compile(r"(?<!\.)\.((?:</\w+>)*)\.(?!\.)")
ORIGIN: Final = re.compile(r"https?://[a-z0-9.-]+(?::[0-9]+)?(?=[/?#]|$)", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file that pages refer to, as it is served."""

    content: bytes
    content_type: str
    etag: str


def render(template: str, language: Language, **values: object) -> str:
    """Render a template such as `public/result.html`, in which `t(key, …)` gives the texts of its package."""
    package = f"{PACKAGE}.{template.partition('/')[0]}"
    translate = partial(_translate, package, language)
    return _environment().get_template(template).render(values, language=language, t=translate)


@cache
def static_files() -> Mapping[str, StaticFile]:
    """Return the static files by the path that they are served at, such as `/static/style.<hash>.css`."""
    return MappingProxyType(dict(_static_file(name) for name in _static_names()))


def headers_of_form_leading_to(*urls: str, framed: bool = False) -> Mapping[str, str]:
    """Return the headers of a form whose answer may redirect to pages of the owner's own; one may stand in a frame.

    Browsers hold `form-action` against redirects too, so the other sites have to be named.
    """
    headers = LANDING_HEADERS if framed else SECURITY_HEADERS
    origins = dict.fromkeys(origin[0] for url in urls if (origin := ORIGIN.match(url)))
    policy = headers["Content-Security-Policy"].replace(
        "form-action 'self'", " ".join(("form-action 'self'", *origins))
    )
    return MappingProxyType({**headers, "Content-Security-Policy": policy})


def _translate(package: str, language: Language, key: str, /, **values: object) -> Markup:
    text = Markup(escape(texts(package, language)[key])).format(**values)  # noqa: S704 - escaped before it is marked
    return Markup(TWO_STOPS.sub(r".\1", str(text)))  # noqa: S704 - what was marked, without a full stop


class _Templates(BaseLoader):
    """Finds `public/result.html` in the folder of templates of the package `public`, and `base.html` in our own."""

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        del environment
        package, _, name = template.rpartition("/")
        found = files(f"{PACKAGE}.{package}" if package else PACKAGE).joinpath("templates", name)
        if not found.is_file():
            raise TemplateNotFound(template)
        return found.read_text("utf-8"), str(found), lambda: True


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=_Templates(), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    shared: dict[str, Any] = environment.globals
    shared["static"] = _static_path
    return environment


def _static_names() -> list[str]:
    folder = files(PACKAGE).joinpath("static")
    return sorted(entry.name for entry in folder.iterdir() if PurePosixPath(entry.name).suffix in CONTENT_TYPES)


@cache
def _static_path(name: str) -> str:
    return _static_file(name)[0]


def _static_file(name: str) -> tuple[str, StaticFile]:
    content = files(PACKAGE).joinpath("static", name).read_bytes()
    digest = hashlib.sha256(content).hexdigest()[:16]
    path = PurePosixPath(name)
    file = StaticFile(content=content, content_type=CONTENT_TYPES[path.suffix], etag=f'"{digest}"')
    return f"/static/{path.stem}.{digest}{path.suffix}", file
