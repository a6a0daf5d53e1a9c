"""Signing batches of mails without holding the event loop up.

Threads, not processes: the private key's operation, nine tenths of the work, runs without the interpreter's lock, and
processes were no faster (decision 0031).
"""

import asyncio
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import structlog

from staffetta.db import Database, DatabaseUnavailable
from staffetta.errors import InvalidArgument
from staffetta.kit.clock import utc_now
from staffetta.sending import smtp
from staffetta.sending.dkim import CannotBeSigned, SigningKey, sign
from staffetta.sending.dkim_keys import DkimKey, UnreadableKey, ascii_domain, keys_in_use, load_key
from staffetta.settings import Settings

log = structlog.get_logger()

# So many mails at least go to a thread together: 3 ms with RSA-2048, a hundred times what handing them over costs.
LEAST_TOGETHER = 4

Keys = Mapping[str, tuple[DkimKey, ...]]


class DkimSigner:
    """Signs for every domain that has keys; what the command line changes of them is noticed."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._database = database
        self._threads = settings.signer_threads or _cores() + 1
        self._pool: ThreadPoolExecutor | None = None
        self._last: Keys | None = None
        self._unreadable: set[str] = set()

    async def sign_many(self, contents: Sequence[tuple[str, bytes]]) -> list[bytes | smtp.Deferred]:
        """Return for each mail, given with the domain of its From, its content with signatures before it.

        A mail of a domain without keys stays as it is. A domain with keys is never left out: where they cannot be read
        the mail is deferred, in the words of a reply.
        """
        keys = await self._keys()
        if keys is None:
            return [_deferred("the keys that sign it cannot be read now") for _ in contents]
        keys_of_each = [_find(keys, domain) for domain, _ in contents]
        done: list[bytes | smtp.Deferred] = [content for _, content in contents]
        signed = [index for index, found in enumerate(keys_of_each) if found]
        if not signed:
            return done
        self._pool = self._pool or ThreadPoolExecutor(self._threads, thread_name_prefix="signer")
        together = max(LEAST_TOGETHER, -(-len(signed) // self._threads))
        loop, now = asyncio.get_running_loop(), utc_now()
        chunks = [signed[at : at + together] for at in range(0, len(signed), together)]
        results = await asyncio.gather(
            *[
                loop.run_in_executor(
                    self._pool, self._sign_all, [(contents[index][1], keys_of_each[index]) for index in chunk], now
                )
                for chunk in chunks
            ]
        )
        for index, result in zip(signed, (each for chunk in results for each in chunk), strict=True):
            done[index] = result
        return done

    async def signs(self) -> bool:
        """Tell whether any domain has keys, or cannot be asked for them: where none has, no mail need be looked at."""
        return await self._keys() != {}

    def close(self) -> None:
        """Let go of the threads; nothing may be signed any more."""
        if self._pool:
            self._pool.shutdown(wait=False, cancel_futures=True)

    async def _keys(self) -> Keys | None:
        """Return the keys in use, those of before while the database is away; None: they were never read."""
        try:
            self._last = await self._database.cached("dkim keys", keys_in_use)
        except DatabaseUnavailable as error:
            log.warning("the keys that sign mail cannot be read anew", reason=str(error))
        return self._last

    def _sign_all(
        self, mails: Sequence[tuple[bytes, tuple[DkimKey, ...]]], now: datetime
    ) -> list[bytes | smtp.Deferred]:
        """Sign one mail after the other; in a thread of the pool."""
        return [self._sign(content, keys, now) for content, keys in mails]

    def _sign(self, content: bytes, keys: tuple[DkimKey, ...], now: datetime) -> bytes | smtp.Deferred:
        try:
            return sign(content, [_ready(key) for key in keys], now=now)
        except UnreadableKey as error:
            self._report(keys, str(error))
            return _deferred(f"a DKIM key of {keys[0].domain} cannot be read: see staffetta dkim list")
        except CannotBeSigned as error:
            return _deferred(f"it cannot be signed: {error}")

    def _report(self, keys: tuple[DkimKey, ...], reason: str) -> None:
        """Say once for each domain that its mail waits."""
        if keys[0].domain not in self._unreadable:
            self._unreadable.add(keys[0].domain)
            log.error("mail waits for a DKIM key that cannot be read", domain=keys[0].domain, reason=reason)


def _ready(key: DkimKey) -> SigningKey:
    return SigningKey(key.domain, key.selector, load_key(key.private_key))


def _find(keys: Keys, domain: str) -> tuple[DkimKey, ...]:
    found = keys.get(domain)
    if found or not keys:
        return found or ()
    try:
        return keys.get(ascii_domain(domain), ())
    except InvalidArgument:
        return ()


def _deferred(why: str) -> smtp.Deferred:
    # RFC 3463 §3.8: a cryptographic failure.
    return smtp.Deferred(smtp.Reply(451, f"4.7.5 {why}"), "DATA")


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def from_domain(content: bytes) -> str:
    """Return the domain of a mail's author; the platform writes one, in ASCII, at the end of the field."""
    begin = content.find(b"\r\nFrom:") + 2 if not content.startswith(b"From:") else 0
    end = begin
    while True:  # a folded field goes on in the lines that begin with a blank (RFC 5322 §2.2.3)
        end = content.find(b"\r\n", end)
        if end < 0 or content[end + 2 : end + 3] not in (b" ", b"\t"):
            break
        end += 2
    return content[begin:end].rpartition(b"@")[2].rstrip(b">\r\n\t ").decode("ascii", "replace")
