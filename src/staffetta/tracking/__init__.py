"""Links in mail: the signed tokens that they carry, the keys that sign them, and secrets derived from these."""

from staffetta.tracking.keys import load_signer, rotate_key
from staffetta.tracking.links import FOLLOW, ONLINE, PATHS, PIXEL, attachment_link, link, reset_link, sender_link
from staffetta.tracking.passwords import new_nonce, one_time_password
from staffetta.tracking.tokens import (
    AttachmentToken,
    CampaignToken,
    InvalidToken,
    Purpose,
    RecipientSigner,
    ResetToken,
    SenderToken,
    Signer,
    Token,
    spell_recipient,
)

__all__ = [
    "FOLLOW",
    "ONLINE",
    "PATHS",
    "PIXEL",
    "AttachmentToken",
    "CampaignToken",
    "InvalidToken",
    "Purpose",
    "RecipientSigner",
    "ResetToken",
    "SenderToken",
    "Signer",
    "Token",
    "attachment_link",
    "link",
    "load_signer",
    "new_nonce",
    "one_time_password",
    "reset_link",
    "rotate_key",
    "sender_link",
    "spell_recipient",
]
