"""Images: of a list or of all, known by what they are."""

import pytest

from campaigns.written import PNG
from staffetta.campaigns import SHARED, UnknownImage, add_image, image_file, images_of_list, remove_image, shared_images
from staffetta.errors import InvalidArgument, PermissionDenied
from staffetta.lists import UnknownList, add_list
from trying import NOON


def add(tx, list_id=1, name="Avatar", content=PNG):
    return add_image(tx, list_id, name=name, content=content, most_octets=100, now=NOON)


@pytest.mark.parametrize(
    ("content", "content_type", "ending"),
    [
        (PNG, "image/png", ".png"),
        (b"\xff\xd8\xff\xe0JFIF", "image/jpeg", ".jpg"),
        (b"GIF89a...", "image/gif", ".gif"),
        (b"RIFF\x0a\x00\x00\x00WEBPVP8 ", "image/webp", ".webp"),
    ],
)
def test_an_image_is_what_its_octets_are(tx, content, content_type, ending):
    image = add(tx, content=content, name="Avatar.svg.png")

    assert image.path.endswith(f"/Avatar.svg{ending}")
    assert image_file(tx, image.path) == (content, content_type, f"Avatar.svg{ending}")


@pytest.mark.parametrize(
    "content",
    [b"", b"x", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"<html>", PNG + b"x" * 100, b"GIF89", b"\0" + PNG],
)
def test_what_is_no_image_that_mail_programs_show_is_refused(tx, content):
    with pytest.raises(InvalidArgument):
        add(tx, content=content)
    assert shared_images(tx, lists=None) == []


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("", "image.png"),
        ("città è.PNG", "citt.png"),
        ("../../x", "x.png"),
        ("a b?.jpeg", "a-b.png"),
        ("." * 300, "image.png"),
    ],
)
def test_names_become_parts_of_paths(tx, name, kept):
    assert add(tx, name=name).path.rpartition("/")[2] == kept


def test_an_image_that_is_uploaded_again_is_kept_once_as_the_newest(tx):
    first, second = add(tx), add(tx, content=PNG + b"2")

    again = add(tx)

    assert again.path == first.path
    assert images_of_list(tx, 1) == [again, second]


def test_images_of_lists_stand_among_the_shared_ones_newest_first(tx):
    other = add_list(tx, "Other", now=NOON)
    shared, ours, others = add(tx, SHARED), add(tx), add(tx, other.id)

    assert shared_images(tx, lists=None) == [others, ours, shared]
    assert shared_images(tx, lists=(1,)) == [ours, shared]
    assert images_of_list(tx, 1) == [ours]
    assert len({each.path for each in (shared, ours, others)}) == 3


def test_an_image_is_removed_by_who_sees_its_list(tx):
    other = add_list(tx, "Other", now=NOON)
    shared, ours, others = add(tx, SHARED), add(tx), add(tx, other.id)

    remove_image(tx, shared.path, lists=(1,))
    remove_image(tx, ours.path, lists=(1,))
    with pytest.raises(PermissionDenied):
        remove_image(tx, others.path, lists=(1,))

    assert shared_images(tx, lists=None) == [others]
    for operation in (lambda: remove_image(tx, ours.path, lists=None), lambda: image_file(tx, ours.path)):
        with pytest.raises(UnknownImage):
            operation()


def test_images_of_another_account_are_not_found(tx, stranger):
    theirs = add(stranger)

    for operation in (lambda: remove_image(tx, theirs.path, lists=None), lambda: image_file(tx, theirs.path)):
        with pytest.raises(UnknownImage):
            operation()
    assert shared_images(tx, lists=None) == []
    with pytest.raises(UnknownList):
        add(tx, 99)
    assert images_of_list(stranger, 1) == [theirs]
