"""The mails that the platform writes itself: of lists, to their owners, and about accounts."""

from staffetta.messages.account_mails import AccountMail, WrittenMail, harmless_name, write_account_mail
from staffetta.messages.bodies import Contents
from staffetta.messages.compiling import (
    BOUNDARY,
    abuse_field,
    compile_mail,
    compile_request,
    list_id_field,
    originators,
)
from staffetta.messages.headers import address_field, field, text_field
from staffetta.messages.layout import HOLE, CompiledMail, hole, plain_pieces, quoted_pieces
from staffetta.messages.model import ABOUT_ACCOUNTS, DynamicSender, MailKind, Values
from staffetta.messages.senders import Senders, find_senders
from staffetta.messages.unsubscribing import BY_LINK, BY_MAIL, unsubscribe_links
from staffetta.messages.wire import (
    clean,
    clean_url,
    find_page,
    find_sender_address,
    needs_smtputf8,
    quoted_printable,
    wire_address,
)

__all__ = [
    "ABOUT_ACCOUNTS",
    "BOUNDARY",
    "BY_LINK",
    "BY_MAIL",
    "HOLE",
    "AccountMail",
    "CompiledMail",
    "Contents",
    "DynamicSender",
    "MailKind",
    "Senders",
    "Values",
    "WrittenMail",
    "abuse_field",
    "address_field",
    "clean",
    "clean_url",
    "compile_mail",
    "compile_request",
    "field",
    "find_page",
    "find_sender_address",
    "find_senders",
    "harmless_name",
    "hole",
    "list_id_field",
    "needs_smtputf8",
    "originators",
    "plain_pieces",
    "quoted_pieces",
    "quoted_printable",
    "text_field",
    "unsubscribe_links",
    "wire_address",
    "write_account_mail",
]
