"""The SQL of images."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import BindParameter, Integer, Text, bindparam, delete, false, insert, or_, select

from staffetta.campaigns.model import File, Image
from staffetta.campaigns.tables import images
from staffetta.db import Statement, Transaction

_ACCOUNT: BindParameter[int] = bindparam("account_id")
_IMAGE = (images.c.id, images.c.list_id, images.c.path)
_AT_PATH = (images.c.account_id == _ACCOUNT, images.c.path == bindparam("of_path", type_=Text()))
_COLUMNS = ("id", "list_id", "path", "content_type", "content", "created_at")

BY_PATH = Statement(select(*_IMAGE).where(*_AT_PATH))
CONTENT = Statement(select(images.c.content, images.c.content_type, images.c.path).where(*_AT_PATH))
INSERT = Statement(
    insert(images).values(
        account_id=_ACCOUNT, **{name: bindparam(name, type_=images.c[name].type) for name in _COLUMNS}
    )
)
DELETE = Statement(delete(images).where(*_AT_PATH))
DELETE_OF_LIST = Statement(
    delete(images).where(images.c.account_id == _ACCOUNT, images.c.list_id == bindparam("of_list", type_=Integer()))
)


def images_of(tx: Transaction, list_ids: Sequence[int] | None, *, most: int) -> list[Image]:
    """Return the images of lists, None for all of them, newest first; 0 is what lists share."""
    query = select(*_IMAGE).where(images.c.account_id == _ACCOUNT).order_by(images.c.id.desc()).limit(most)
    if list_ids is not None:
        query = query.where(or_(false(), *(images.c.list_id == each for each in list_ids)))
    return [Image(**row._asdict()) for row in tx.all(Statement(query))]


def find_image(tx: Transaction, path: str) -> Image | None:
    """Return the image of a path."""
    row = tx.first(BY_PATH, of_path=path)
    return Image(**row._asdict()) if row else None


def image_file(tx: Transaction, path: str) -> File | None:
    """Return what is in the image of a path."""
    row = tx.first(CONTENT, of_path=path)
    return File(bytes(row.content), row.content_type, row.path.rpartition("/")[2]) if row else None


def insert_image(tx: Transaction, image: Image, file: File, *, created_at: datetime) -> None:
    """Add an image."""
    tx.run(
        INSERT,
        id=image.id,
        list_id=image.list_id,
        path=image.path,
        content_type=file.content_type,
        content=file.content,
        created_at=created_at,
    )


def delete_image(tx: Transaction, path: str) -> None:
    """Delete the image of a path."""
    tx.run(DELETE, of_path=path)


def delete_images_of_list(tx: Transaction, list_id: int) -> None:
    """Delete the images of a list."""
    tx.run(DELETE_OF_LIST, of_list=list_id)
