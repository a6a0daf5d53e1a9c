"""The inner documents: well formed whatever names hold, on one line, cut by string without loss."""

import pytest

from staffetta.interfaces.soap.inner import element, text

ELEMENTS = {
    "nothing": (element("Groups"), "<Groups></Groups>"),
    "an empty text": (element("ConfirmationSent", ""), "<ConfirmationSent></ConfirmationSent>"),
    "attributes": (element("Group", idGroup=3, groupName="a"), '<Group idGroup="3" groupName="a" />'),
    "both": (element("List", element("Groups"), idList=1), '<List idList="1"><Groups></Groups></List>'),
    "quotes": (element("A", name="\"x\" & 'y' <z>"), "<A name=\"&quot;x&quot; &amp; 'y' &lt;z&gt;\" />"),
    "line breaks": (element("A", name="a\r\n\tb"), '<A name="a b" />'),
    "an attribute called tag": (element("A", tag=1), '<A tag="1" />'),
}


@pytest.mark.parametrize("case", ELEMENTS)
def test_elements_are_written_as_readers_cut_them(case: str):
    written, expected = ELEMENTS[case]

    assert written == expected


TEXTS = {
    "": (None, ""),
    "numbers": (12, "12"),
    "booleans": (True, "True"),
    "markup": ("<a> & \"b\" 'c'", "&lt;a&gt; &amp; \"b\" 'c'"),
    "lines stay": ("a\nb", "a\nb"),
    "what XML cannot hold": ("a\x00\x0b\ud800b\ufffe", "ab"),
}


@pytest.mark.parametrize("case", TEXTS)
def test_text_is_escaped_once(case: str):
    value, expected = TEXTS[case]

    assert text(value) == expected
