"""The mails that the platform writes itself: confirmation requests, welcomes, goodbyes, notices to owners."""

from staffetta.messages.compiling import compile_mail
from staffetta.messages.layout import CompiledMail
from staffetta.messages.model import DynamicSender, MailKind, Values
from staffetta.messages.wire import needs_smtputf8, wire_address

__all__ = [
    "CompiledMail",
    "DynamicSender",
    "MailKind",
    "Values",
    "compile_mail",
    "needs_smtputf8",
    "wire_address",
]
