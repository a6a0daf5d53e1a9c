"""What people have written and everybody may see: images, attached files, messages online and the list of them.

None of it is ours, so that none of it may do anything here: it runs no scripts and is of no origin, and a cookie or a
session of ours is out of its reach (CSP `sandbox`). What is to be downloaded is never shown in place.
"""

from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, Response
from starlette.types import Scope

from staffetta import campaigns
from staffetta.campaigns import File, Selection, UnknownMessage
from staffetta.errors import NotFound
from staffetta.interfaces.library import CATALOG, IMAGES, PREVIEW, THUMBNAILS
from staffetta.interfaces.pages import STATIC_HEADERS
from staffetta.interfaces.parameters import LARGEST_ID, Parameters, split_ids
from staffetta.interfaces.platform import Platform
from staffetta.interfaces.public import pages
from staffetta.interfaces.public.answers import page
from staffetta.interfaces.public.pages import Issue, Sender
from staffetta.interfaces.public.visits import account_asked, language_of, open_account, sender_of
from staffetta.kit.languages import find_language
from staffetta.lists import UnknownList, catalog_of, list_of
from staffetta.tracking import PATHS, Purpose

ATTACHMENTS = PATHS[Purpose.ATTACHMENT]
FOLDERS = (IMAGES, THUMBNAILS, ATTACHMENTS)
DOCUMENTS = (PREVIEW, CATALOG)

# Whatever is looked at is of nobody's origin, and does nothing.
INERT = "default-src 'none'; sandbox"
FILE_HEADERS: Mapping[str, str] = MappingProxyType({**STATIC_HEADERS, "Content-Security-Policy": INERT})
ATTACHMENT_HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "Content-Security-Policy": INERT,
        "X-Content-Type-Options": "nosniff",
        # Another file may be put into the slot.
        "Cache-Control": "private, no-cache",
        "Referrer-Policy": "no-referrer",
        "X-Robots-Tag": "noindex, nofollow",
    }
)
# A message may look as its author wants it to, with pictures and fonts from anywhere; its links open elsewhere.
MESSAGE_HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "Content-Security-Policy": (
            "default-src 'none'; img-src http: https: data:; media-src http: https:; font-src http: https: data:;"
            " style-src 'unsafe-inline' http: https:; form-action 'none'; base-uri 'none'; frame-ancestors 'none';"
            " sandbox allow-popups allow-popups-to-escape-sandbox"
        ),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-cache",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
)
# One page of the archive shows as many.
MOST_SHOWN = 200
SVG = "image/svg+xml"


def is_of_library(path: str) -> bool:
    """Tell whether a path leads to what people have written."""
    lowered = path.lower()
    return lowered in DOCUMENTS or lowered.startswith(FOLDERS)


async def library_page(platform: Platform, scope: Scope, parameters: Parameters) -> Response:
    """Answer what is asked for.

    Raises:
        NotFound: there is no such thing, or it is not for everybody.

    """
    path: str = scope["path"]
    lowered = path.lower()
    if lowered == PREVIEW:
        return await _preview(platform, scope, parameters)
    if lowered == CATALOG:
        return await _catalog(platform, scope, parameters)
    if lowered.startswith(IMAGES):
        return await _image(platform, scope, path[len(IMAGES) :])
    if lowered.startswith(THUMBNAILS):
        return _thumbnail(scope, path[len(THUMBNAILS) :])
    return await _attachment(platform, path[len(ATTACHMENTS) :].partition("/")[0])


async def _image(platform: Platform, scope: Scope, rest: str) -> Response:
    account, _, path = rest.partition("/")
    if not (account.isascii() and account.isdigit()) or not 0 < int(account[:10]) <= LARGEST_ID:
        raise NotFound("there is no such image")
    owner = await open_account(platform, int(account[:10]))
    digest = path.partition("/")[0]
    # The digest is in the path: whoever has seen the image has it still.
    if _has(scope, digest):
        return Response(status_code=304, headers={**FILE_HEADERS, "ETag": f'"{digest}"'})
    return _file(await platform.database.read(owner.id, campaigns.image_file, path), digest)


def _thumbnail(scope: Scope, name: str) -> Response:
    for each in campaigns.templates().values():
        if each.thumbnail_name == name:
            if _has(scope, name):
                return Response(status_code=304, headers={**FILE_HEADERS, "ETag": f'"{name}"'})
            return _file(File(each.thumbnail, SVG, name), name)
    raise NotFound("there is no such picture")


async def _attachment(platform: Platform, text: str) -> Response:
    token = platform.signer.read_attachment(text)
    account = await open_account(platform, token.account_id)
    file = await platform.database.read(account.id, campaigns.attached_file, token.message_id, token.slot)
    # RFC 6266 with RFC 8187: the name in ASCII, for those who read no other.
    plain = "".join(each if each.isascii() and each not in '"\\%' else "_" for each in file.name)
    disposition = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file.name, safe='')}"
    headers = {**ATTACHMENT_HEADERS, "Content-Type": file.content_type, "Content-Disposition": disposition}
    return Response(file.content, headers=headers)


async def _preview(platform: Platform, scope: Scope, parameters: Parameters) -> Response:
    account = await account_asked(platform, scope)
    ids = split_ids(parameters.first("idnl")).ids
    if not ids:
        raise UnknownMessage("no message is named")
    return HTMLResponse(
        await platform.database.read(account.id, campaigns.online_version, ids[0]), headers=dict(MESSAGE_HEADERS)
    )


async def _catalog(platform: Platform, scope: Scope, parameters: Parameters) -> Response:
    """Show the messages of a public list, or without a list the public lists."""
    account = await account_asked(platform, scope)
    ids = split_ids(parameters.get("list") or parameters.get("idlist")).ids
    chosen = find_language(parameters.first("lang"))
    if not ids:
        known = (await catalog_of(platform.database, account.id)).lists.values()
        issues = [Issue(title=each.name, url=f"{CATALOG}?list={each.id}") for each in known if each.settings.public]
        language = chosen or language_of(scope, None, account)
        return page(pages.library(issues, sender=Sender(list_name=account.name), language=language))
    mailing_list = await list_of(platform.database, account.id, ids[0])
    if not mailing_list.settings.public:
        raise UnknownList("the list is not public")
    found = await platform.database.read(
        account.id, campaigns.list_published, mailing_list.id, selection=Selection(limit=MOST_SHOWN)
    )
    issues = [
        Issue(title=each.subject, url=f"{PREVIEW}?idNL={each.id}", on=each.last_sent_at or each.created_at)
        for each in found.messages
    ]
    language = chosen or language_of(scope, mailing_list, account)
    return page(pages.library(issues, sender=sender_of(mailing_list, language), language=language))


def _file(file: File, tag: str) -> Response:
    return Response(file.content, headers={**FILE_HEADERS, "Content-Type": file.content_type, "ETag": f'"{tag}"'})


def _has(scope: Scope, tag: str) -> bool:
    known = (each.strip().removeprefix("W/") for each in Headers(scope=scope).get("if-none-match", "").split(","))
    return bool(tag) and f'"{tag}"' in known
