"""Reading XML from strangers as a stream: no document types, few levels, few elements, no tag that never ends.

Expat rather than lxml: it keeps nothing, so what is refused costs no memory, it stops where the limit is passed, and it
has no limit of its own on a text, which an import of ten million characters passes.
"""

from xml.parsers import expat

from staffetta.interfaces.soap.faults import TooLarge, Unreadable

MOST_LEVELS = 100
MOST_ATTRIBUTES = 100
# A tag or comment may cross a few pieces. One that is longer would be scanned anew with each piece.
PIECE_OCTETS = 65_536
LONGEST_TAG_OCTETS = 131_072


class XmlReader:
    """Reads one document; a subclass says what each element and text is for.

    Names are local names; attributes have theirs as written. `level` is 1 in the root, `prefix` that of the element
    opened last.
    """

    def __init__(self, *, most_elements: int) -> None:
        self.level = 0
        self.prefix = ""
        self._elements_left = most_elements
        # The encoding is told and no namespaces are resolved: whoever forgot to declare a prefix is understood too.
        parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.buffer_size = PIECE_OCTETS
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self.text
        parser.StartDoctypeDeclHandler = _refuse_document_type
        self._parser = parser

    def read(self, document: bytes) -> None:
        """Read a document in UTF-8, whatever encoding it declares.

        Raises:
            Unreadable: it is not well formed, or declares a document type.
            TooLarge: it has too many levels, elements or attributes, or a tag that is too long.

        """
        try:
            for start in range(0, len(document), PIECE_OCTETS):
                self._parser.Parse(document[start : start + PIECE_OCTETS], False)
                if start - self._parser.CurrentByteIndex > LONGEST_TAG_OCTETS:
                    raise TooLarge(f"The document holds a tag or comment of more than {LONGEST_TAG_OCTETS:,} octets.")
            self._parser.Parse(b"", True)
        except expat.ExpatError as error:
            reason = expat.ErrorString(error.code)
            raise Unreadable(f"The document is no well-formed XML: line {error.lineno}: {reason}.") from error
        finally:
            self._parser.StartElementHandler = self._parser.EndElementHandler = None
            self._parser.CharacterDataHandler = None

    def opened(self, name: str, attributes: dict[str, str]) -> None:
        """Take the start of an element."""

    def closed(self) -> None:
        """Take the end of the element that was opened last at this level."""

    def text(self, text: str) -> None:
        """Take a piece of text."""

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.level += 1
        self._elements_left -= 1
        if self.level > MOST_LEVELS:
            raise TooLarge(f"The document has more than {MOST_LEVELS} levels.")
        if self._elements_left < 0:
            raise TooLarge("The document has too many elements.")
        if len(attributes) > MOST_ATTRIBUTES:
            raise TooLarge(f"An element of the document has more than {MOST_ATTRIBUTES} attributes.")
        self.prefix, _, local = name.rpartition(":")
        self.opened(local, attributes)

    def _end(self, name: str) -> None:
        del name
        self.closed()
        self.level -= 1


def _refuse_document_type(*declaration: object) -> None:
    del declaration
    raise Unreadable("The document declares a document type, which is not read.")
