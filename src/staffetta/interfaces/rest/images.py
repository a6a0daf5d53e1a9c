"""Images that messages show: those of a list, and those that all lists share (contract 7.6)."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from staffetta import campaigns
from staffetta.campaigns import SHARED
from staffetta.interfaces.library import IMAGES, image_url
from staffetta.interfaces.rest.calls import Call
from staffetta.interfaces.rest.endpoints import Endpoint
from staffetta.interfaces.rest.files import octets_of
from staffetta.interfaces.rest.wire.messages import FileInput
from staffetta.kit.clock import utc_now


async def read_shared(call: Call) -> list[str]:
    """Return the addresses of shared images and of those of lists, newest first."""
    return _urls(call, await call.read(campaigns.shared_images, lists=call.user.visible_lists))


async def add_shared(call: Call) -> list[str]:
    """Keep an image for all lists; return the addresses of all."""
    await _add(call, SHARED)
    return await read_shared(call)


async def remove(call: Call) -> None:
    """Remove an image by its address, or by the path of it."""
    await call.write(campaigns.remove_image, _path(call), lists=call.user.visible_lists)


async def read_of_list(call: Call) -> list[str]:
    """Return the addresses of a list's images, newest first."""
    mailing_list = await call.mailing_list()
    return _urls(call, await call.read(campaigns.images_of_list, mailing_list.id))


async def add_to_list(call: Call) -> str:
    """Keep an image for a list; return its address."""
    mailing_list = await call.mailing_list()
    return image_url(call.base_url, call.account.id, await _add(call, mailing_list.id))


async def _add(call: Call, list_id: int) -> campaigns.Image:
    body: FileInput = call.body
    return await call.write(
        campaigns.add_image,
        list_id,
        name=body.Name,
        content=await octets_of(body),
        most_octets=call.platform.settings.image_octets,
        now=utc_now(),
    )


def _urls(call: Call, images: Iterable[campaigns.Image]) -> list[str]:
    return [image_url(call.base_url, call.account.id, each) for each in images]


def _path(call: Call) -> str:
    """Return what the body names below the account's images, "" where that is nothing of the account's."""
    try:
        path = urlsplit(call.body.strip().replace("\\", "/")).path
    except ValueError:
        return ""
    own = f"{IMAGES}{call.account.id}/"
    return path.removeprefix(own) if path.startswith(own) else ""


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        id="M20",
        method="GET",
        path="Console/Images",
        summary="Read the addresses of all images, newest first",
        handler=read_shared,
        answer=list[str],
    ),
    Endpoint(
        id="M20A",
        method="POST",
        path="Console/Images",
        summary="Keep an image for all lists; the answer has the addresses of all",
        handler=add_shared,
        body=FileInput,
        answer=list[str],
    ),
    Endpoint(
        id="M20D",
        method="DELETE",
        path="Console/Images",
        summary="Remove an image; the body is its address",
        handler=remove,
        body=str,
    ),
    Endpoint(
        id="M21",
        method="GET",
        path="Console/List/{list_id}/Images",
        summary="Read the addresses of a list's images, newest first",
        handler=read_of_list,
        answer=list[str],
    ),
    Endpoint(
        id="M21A",
        method="POST",
        path="Console/List/{list_id}/Images",
        summary="Keep an image for a list; the answer is its address",
        handler=add_to_list,
        body=FileInput,
        answer=str,
    ),
)
