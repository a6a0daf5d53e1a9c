"""What tests ask of a page's HTML, and that the asking notices mistakes."""

from html.parser import HTMLParser

import pytest


class Outline(HTMLParser):
    """What a test asks of a page's HTML: that its tags are balanced, and which there are."""

    VOID = frozenset({"meta", "link", "input", "img", "path", "rect", "circle", "br"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.mistakes: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if len(dict(attrs)) != len(attrs):
            self.mistakes.append(f"an attribute twice in {tag}")
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.mistakes.append(f"unexpected </{tag}> at {self.getpos()}")

    def attributes(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]

    def count(self, tag: str) -> int:
        return len(self.attributes(tag))

    def fields(self, name: str) -> list[tuple[str | None, bool]]:
        return [(field["value"], "checked" in field) for field in self.attributes("input") if field["name"] == name]

    @property
    def languages(self) -> list[str | None]:
        return [attributes["lang"] for _, attributes in self.tags if "lang" in attributes]

    @property
    def ids(self) -> list[str | None]:
        return [attributes["id"] for _, attributes in self.tags if "id" in attributes]

    @property
    def inputs(self) -> set[str | None]:
        return {field.get("id") for field in self.attributes("input") if field["type"] != "hidden"}

    @property
    def labelled(self) -> set[str | None]:
        return {label["for"] for label in self.attributes("label")}

    @property
    def references(self) -> set[str]:
        names = ("aria-describedby", "aria-labelledby")
        return {word for _, attributes in self.tags for name in names for word in (attributes.get(name) or "").split()}


def test_an_outline_tells_what_is_in_a_page():
    page = Outline('<p lang="en"><label for="a">A</label><input type="text" id="a" name="n" value="v" checked></p>')

    assert page.open == page.mistakes == []
    assert page.languages == ["en"]
    assert page.inputs == page.labelled == {"a"}
    assert page.fields("n") == [("v", True)]


@pytest.mark.parametrize("html", ["<p><b></p></b>", "</p>", "<p>", '<p id="a" id="b"></p>'])
def test_an_outline_notices_what_is_unbalanced_or_doubled(html):
    page = Outline(html)

    assert page.open or page.mistakes
