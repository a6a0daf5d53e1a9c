"""The inner document: XML without namespaces that stands, escaped once more, in an operation's result (contract 2.2).

Readers cut it by string and split it on literal tags: an element without attributes is never self-closed, tags hold no
blanks of their own, and nothing is written as a numeric character reference.
"""

import re

# XML 1.0 has no way to write these at all.
NO_CHARACTERS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
LINE_BREAKS = re.compile("[\t\r\n]+")


def element(tag: str, /, *children: str, **attributes: object) -> str:
    """Write an element around children that are markup already; plain text goes through `text` first.

    With attributes and without children it is `<Group idGroup="3" />`, as documented; else `<Groups></Groups>`.
    """
    if not attributes:
        return f"<{tag}>{''.join(children)}</{tag}>"
    written = "".join(f' {name}="{_attribute(value)}"' for name, value in attributes.items())
    return f"<{tag}{written}>{''.join(children)}</{tag}>" if children else f"<{tag}{written} />"


def text(value: object) -> str:
    """Write a value as text, escaped once; None is empty, a bool `True` or `False` as .NET writes it."""
    if value is None:
        return ""
    written = str(value)
    if not written.isprintable():
        written = NO_CHARACTERS.sub("", written)
    return written.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _attribute(value: object) -> str:
    # A parser makes a blank of each line break in an attribute; so do we, and the document stays on one line.
    return LINE_BREAKS.sub(" ", text(value)).replace('"', "&quot;")
