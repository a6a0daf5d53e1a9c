"""The mails that the platform writes itself: of lists, to their owners, and about accounts."""

from staffetta.messages.account_mails import AccountMail, WrittenMail, harmless_name, write_account_mail
from staffetta.messages.compiling import compile_mail
from staffetta.messages.layout import CompiledMail
from staffetta.messages.model import ABOUT_ACCOUNTS, DynamicSender, MailKind, Values
from staffetta.messages.wire import find_page, find_sender_address, needs_smtputf8, wire_address

__all__ = [
    "ABOUT_ACCOUNTS",
    "AccountMail",
    "CompiledMail",
    "DynamicSender",
    "MailKind",
    "Values",
    "WrittenMail",
    "compile_mail",
    "find_page",
    "find_sender_address",
    "harmless_name",
    "needs_smtputf8",
    "wire_address",
    "write_account_mail",
]
