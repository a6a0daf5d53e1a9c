"""The XML that the REST services speak on request: answers, and bodies of requests (contract 8)."""

import re
from collections.abc import Iterable, Sequence
from typing import Any, get_args, get_origin

import msgspec
from lxml import etree
from msgspec import inspect

from staffetta.errors import InvalidArgument
from staffetta.interfaces.rest.wire.paging import Page

API = "http://MailupSoa.Ws.Schema.API"
CONSOLE = "http://MailupSoa.Ws.Schema.API.Console"
ARRAYS = "http://schemas.microsoft.com/2003/10/Serialization/Arrays"
SCALARS = "http://schemas.microsoft.com/2003/10/Serialization/"
INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
NIL = f"{{{INSTANCE}}}nil"

SCALAR_NAMES: dict[type, str] = {bool: "boolean", int: "int", float: "double", str: "string"}
# The names of the original's types; a struct that is not named here goes by its own name.
ITEM_NAMES: dict[str, str] = {
    "ArchivedItem": "ConsoleArchivedMessageItem",
    "Attachment": "ConsoleEmailAttachmentItem",
    "AuthInfo": "ConsoleCurrentAuthenticatedUserInfo",
    "ErrorObject": "Error",
    "FieldDefinition": "ConsoleDynamicFieldItem",
    "Group": "ConsoleGroupItem",
    "ImportDetail": "ConsoleImportDetail",
    "ImportSending": "ImportSendDetails",
    "ImportStatus": "ConsoleImportStatus",
    "ListItem": "ConsoleListItem",
    "MessageDetail": "ConsoleMessageDetails",
    "MessageBounce": "MessageBounceItem",
    "MessageClick": "MessageRecipientClickDetailItem",
    "MessageItem": "ConsoleEmailMessageItem",
    "MessageRecipient": "MessageRecipientItem",
    "MessageUnsubscription": "MessageUnsubscriptionItem",
    "MessageUrlClick": "MessageUrlClickItem",
    "MessageUrlClickDetail": "MessageUrlClickDetailItem",
    "MessageView": "MessageViewItem",
    "OldListItem": "ConsoleListItem",
    "PublishedItem": "ConsolePublishedMessageItem",
    "Recipient": "ConsoleRecipientItem",
    "RecipientBounce": "MessageBounceItem",
    "RecipientBounceDetail": "MessageBounceDetailItem",
    "RecipientClick": "RecipientClickDetailItem",
    "RecipientDelivery": "MessageDeliveryItem",
    "RecipientUnsubscription": "RecipientUnsubscriptionItem",
    "RecipientUrlClick": "RecipientUrlClickDetailItem",
    "RecipientView": "RecipientMessageViewItem",
    "SavedMessage": "ConsoleEmailMessageItem",
    "SendHistoryItem": "ConsoleMessageSendHistoryItem",
    "SendResponse": "MailMessageSendResponse",
    "SendingItem": "EmailSendingItem",
    "SoughtRecipient": "ConsoleRecipientItem",
    "Tag": "ConsoleTagItem",
    "TemplateItem": "ConsoleTemplateItem",
    "TrustedSender": "ConsoleTrustedSenderStatus",
}
# Contract 8: all other objects are of the console's namespace.
NAMESPACES = {"ErrorObject": API, "SendResponse": f"{CONSOLE}.MailSend"}
# What stands in a `msgspec.Raw` member: JSON that was ready, of items that have no struct.
RAW_ITEMS = {"Fields": "ConsoleRecipientDynamicFieldItem"}

# XML 1.0 has no way to write these at all.
NO_CHARACTERS = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"}
ESCAPED = re.compile("[&<>\r]")
DOCTYPE = re.compile(rb"<!DOCTYPE", re.IGNORECASE)


def xml_of(value: Any, type_: Any = None) -> bytes:
    """Write an answer; `type_` is what the endpoint declares, which names the items of an empty array."""
    parts: list[str] = []
    name, namespace = _root(value, type_)
    # Contract 8 prints scalars without the namespace that only what has members can need.
    instance = "" if namespace == SCALARS else f' xmlns:i="{INSTANCE}"'
    parts.append(f'<{name} xmlns="{namespace}"{instance}>')
    _write_content(parts, value, _item_type(type_), namespace, "")
    parts.append(f"</{name}>")
    return "".join(parts).encode()


def value_of_xml(body: bytes, info: inspect.Type) -> Any:
    """Read a body into plain values of the shape of a type; elements in any namespace.

    Raises:
        InvalidArgument: it is no XML, or declares a document type.

    """
    if DOCTYPE.search(body):
        raise InvalidArgument("The body declares a document type, which is not read.")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise InvalidArgument("The body is no well-formed XML.") from error
    return _read(root, info)


def _root(value: Any, type_: Any) -> tuple[str, str]:
    if isinstance(value, Page):
        return f"CollectionOf{_name_of_items(value.Items, _item_type(type_))}", API
    if isinstance(value, msgspec.Struct):
        return _name(type(value)), NAMESPACES.get(type(value).__name__, CONSOLE)
    if isinstance(value, Sequence) and not isinstance(value, str):
        # The serializer of the original has a namespace of its own for arrays of its own types.
        name = _name_of_items(value, _item_type(type_))
        return f"ArrayOf{name}", ARRAYS if name in SCALAR_NAMES.values() else CONSOLE
    return SCALAR_NAMES.get(type(value), "string"), SCALARS


def _item_type(type_: Any) -> Any:
    """Return what a `Page[…]`, `list[…]` or `Sequence[…]` is of."""
    return get_args(type_)[0] if get_origin(type_) is not None and get_args(type_) else None


def _name(type_: type) -> str:
    return ITEM_NAMES.get(type_.__name__, type_.__name__)


def _name_of_items(items: Sequence[Any], declared: Any) -> str:
    type_ = type(items[0]) if items else declared
    if isinstance(type_, type) and issubclass(type_, msgspec.Struct):
        return _name(type_)
    return SCALAR_NAMES.get(type_, "anyType") if isinstance(type_, type) else "anyType"


def _write_content(parts: list[str], value: Any, declared: Any, namespace: str, name: str) -> None:
    if isinstance(value, msgspec.Raw):
        value = msgspec.json.decode(value)
    if isinstance(value, msgspec.Struct):
        # A page's own members are in one namespace, what it is a page of in another.
        for field, encoded in zip(value.__struct_fields__, value.__struct_encode_fields__, strict=True):
            item_type = declared if isinstance(value, Page) else None
            _write(parts, encoded, getattr(value, field), item_type, namespace)
    elif isinstance(value, dict):
        for key, item in value.items():
            _write(parts, key, item, None, namespace)
    elif isinstance(value, str | bool | int | float):
        parts.append(_text(value))
    else:
        _write_items(parts, value, declared, name)


def _write(parts: list[str], name: str, value: Any, declared: Any, namespace: str) -> None:
    if value is None:
        parts.append(f'<{name} i:nil="true"/>')
        return
    parts.append(f"<{name}>")
    _write_content(parts, value, declared, namespace, name)
    parts.append(f"</{name}>")


def _write_items(parts: list[str], items: Iterable[Any], declared: Any, name: str) -> None:
    for item in items:
        if isinstance(item, dict):
            item_name, namespace = RAW_ITEMS.get(name, "anyType"), CONSOLE
        else:
            item_name = _name_of_items([item], declared)
            namespace = CONSOLE if isinstance(item, msgspec.Struct) else ARRAYS
        parts.append(f'<{item_name} xmlns="{namespace}">')
        _write_content(parts, item, None, namespace, item_name)
        parts.append(f"</{item_name}>")


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = NO_CHARACTERS.sub("", str(value))
    return ESCAPED.sub(lambda found: ESCAPES[found[0]], text)


def _read(element: Any, info: inspect.Type) -> Any:
    if element.get(NIL) in ("true", "1"):
        return None
    match info:
        case inspect.UnionType(types=types):
            others = [each for each in types if not isinstance(each, inspect.NoneType)]
            return _read(element, others[0])
        case inspect.StructType(fields=fields):
            types_by_name = {field.encode_name.lower(): field.type for field in fields}
            return {
                name: _read(child, types_by_name[name.lower()])
                for name, child in _children(element)
                if name.lower() in types_by_name
            }
        case inspect.ListType(item_type=item_type) | inspect.VarTupleType(item_type=item_type):
            return [_read(child, item_type) for _, child in _children(element)]
        case _:
            return "".join(element.itertext())


def _children(element: Any) -> Iterable[tuple[str, Any]]:
    # What the parser leaves of an entity has no name.
    return ((etree.QName(child).localname, child) for child in element if isinstance(child.tag, str))
