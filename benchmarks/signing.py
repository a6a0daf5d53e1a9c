"""DKIM signatures alone: how many mails a second the signer signs, beside what the processor's arithmetic allows."""

import asyncio
import os
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

from measuring.command import main
from measuring.figures import Fault, Figure
from measuring.plans import Plan
from staffetta.db import open_database
from staffetta.db.upgrading import upgrade
from staffetta.kit.clock import utc_now
from staffetta.sending import Algorithm, DkimSigner, add_key, generate
from staffetta.settings import Settings

# What a campaign is to reach with RSA-2048 on two cores; no more than the limit is possible, whatever the code.
BUDGETS: Mapping[str, float] = {"signing_rsa": 3_500}
# Batches as four connections have them, with an in-doubt window of 256.
BATCH, BATCHES_AT_ONCE = 64, 4
DOMAIN = "news.example"
MAIL = (
    b"Date: Mon, 1 Jun 2026 12:00:00 +0000\r\nFrom: News <news@news.example>\r\nTo: ada@example.com\r\n"
    b"Subject: What is new in June\r\nMessage-ID: <1@news.example>\r\nMIME-Version: 1.0\r\n"
    b"List-Id: News <1.1.news.example>\r\nList-Unsubscribe: <https://news.example/u/AQIDBAUGBwgJCgsMDQ4PEA>\r\n"
    b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nFeedback-ID: 1:1:1:news\r\n"
    b'Content-Type: multipart/alternative;\r\n boundary="=_staffetta"\r\n\r\n'
) + b'<p style=3D"margin: 0">Some sixty letters of a paragraph, and the next =\r\n' * 80


def measure(plan: Plan, budgets: Mapping[str, float] = BUDGETS) -> Iterator[Figure]:
    """Measure the signer with keys of either kind, each beside the bare operation in as many threads as cores."""
    for algorithm in Algorithm:
        values, limits = [], []
        for number in range(plan.runs):
            limits.append(_bare(algorithm, plan.seconds))
            values.append(asyncio.run(_signed(plan, f"{algorithm}{number}", algorithm)))
        yield Figure(
            name=f"{plan.name_prefix}signing_{algorithm}",
            unit="mails/s",
            values=values,
            budget=budgets.get(f"signing_{algorithm}"),
            limits=limits,
            limit_is=f"the bare signature on {_cores()} cores",
            note=f"mails of {len(MAIL):,} octets in batches of {BATCH}",
        )


async def _signed(plan: Plan, name: str, algorithm: Algorithm) -> float:
    """Return how many mails a second come back signed."""
    url = f"sqlite:///{plan.folder}/signing-{name}.db"
    upgrade(url)
    settings = replace(Settings(), home=plan.folder, database=url)
    database = open_database(settings)
    with database.connection() as connection:
        add_key(connection, DOMAIN, "s1", generate(algorithm), now=utc_now())
    signer = DkimSigner(settings, database)
    try:
        await signer.sign_many([(DOMAIN, MAIL)])
        begun = time.perf_counter()
        counts = await asyncio.gather(*[_sign_until(signer, begun + plan.seconds) for _ in range(BATCHES_AT_ONCE)])
        return sum(counts) / (time.perf_counter() - begun)
    finally:
        signer.close()
        database.close()


async def _sign_until(signer: DkimSigner, end: float) -> int:
    count = 0
    while time.perf_counter() < end:
        signed = await signer.sign_many([(DOMAIN, MAIL)] * BATCH)
        if not all(isinstance(each, bytes) and each.startswith(b"DKIM-Signature: ") for each in signed):
            raise Fault("a mail came back unsigned")
        count += BATCH
    return count


def _bare(algorithm: Algorithm, seconds: float) -> float:
    """Return how many signatures a second all cores make when they do nothing else."""
    key = generate(algorithm)
    once = _operation(key)
    begun = time.perf_counter()
    with ThreadPoolExecutor(_cores()) as pool:
        counts = list(pool.map(lambda _: _repeat_until(once, begun + seconds), range(_cores())))
    return sum(counts) / (time.perf_counter() - begun)


def _operation(key: RSAPrivateKey | Ed25519PrivateKey) -> Callable[[], bytes]:
    digest = bytes(32)
    if isinstance(key, RSAPrivateKey):
        padding, algorithm = PKCS1v15(), SHA256()
        return lambda: key.sign(digest, padding, algorithm)
    return lambda: key.sign(digest)


def _repeat_until(once: Callable[[], bytes], end: float) -> int:
    count = 0
    while time.perf_counter() < end:
        for _ in range(10):
            once()
        count += 10
    return count


def _cores() -> int:
    return len(os.sched_getaffinity(0))


if __name__ == "__main__":
    main({"signing": measure})
