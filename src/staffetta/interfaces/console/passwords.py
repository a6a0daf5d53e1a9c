"""New passwords, as people type them: what is wrong with one, and its hash."""

import asyncio

from staffetta.access import WeakPassword, check_password, check_password_strength
from staffetta.accounts import hash_password
from staffetta.interfaces.console.pages import Complaint
from staffetta.interfaces.console.requests import Given
from staffetta.interfaces.throttles import Throttles

# Hashing what a stranger made up costs by its length.
LONGEST_PASSWORD = 200


def complaints_about(given: Given, *, login: str) -> list[Complaint]:
    """Return what is wrong with the password that was chosen and repeated."""
    new, again = given.form.first("new"), given.form.first("repeat")
    if not new:
        return [Complaint("new", "password_missing")]
    if len(new) > LONGEST_PASSWORD:
        return [Complaint("new", "password_long")]
    try:
        check_password_strength(new, login=login)
    except WeakPassword:
        return [Complaint("new", "password_weak")]
    return [] if new == again else [Complaint("repeat", "passwords_differ")]


async def hash_of(throttles: Throttles, password: str) -> str:
    """Return the hash of a password, when it is its turn: checks of passwords stand in the same line."""
    async with throttles.password_slots:
        return await asyncio.to_thread(hash_password, password)


async def is_password(throttles: Throttles, password_hash: str, password: str) -> bool:
    """Tell whether a password is the one that somebody has now, who has shown that they know it."""
    async with throttles.password_slots:
        return await asyncio.to_thread(check_password, password_hash, password)
