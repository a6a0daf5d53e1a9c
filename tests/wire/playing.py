"""Plays wire cases on an ASGI application, which gets the octets of the case and no others."""

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

from wire.cases import Case, Step, filled, pattern, target_of

PATIENCE_SECONDS = 20.0
IP = "192.0.2.7"
SHOWN = 3_000  # of an answer that is wrong


@dataclass(frozen=True, slots=True)
class Answered:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    text: str


async def play(application: Any, case: Case, known: Mapping[str, str]) -> None:
    """Play the steps of a case; `known` is what its names stand for."""
    learnt = dict(known)
    for step in case.steps:
        learnt = await _play_step(application, step, learnt)


async def exchange(
    application: Any, method: str, target: str, headers: Mapping[str, str], body: bytes = b""
) -> Answered:
    """Send a request and return its answer."""
    raw_path, _, query = target.encode().partition(b"?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": _unquoted(raw_path),
        "raw_path": raw_path,
        "query_string": query,
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": (IP, 4711),
        "server": ("127.0.0.1", 80),
    }
    messages: list[dict[str, Any]] = [{"type": "http.request", "body": body, "more_body": False}]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        if messages:
            return messages.pop()
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await application(scope, receive, send)
    start, *parts = sent
    return Answered(
        status=start["status"],
        headers={name.decode().lower(): value.decode("latin-1") for name, value in start["headers"]},
        text=b"".join(part.get("body", b"") for part in parts).decode(),
    )


async def _play_step(application: Any, step: Step, known: Mapping[str, str]) -> dict[str, str]:
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        answered = await _ask(application, step, known)
        wrong, learnt = _compare(step, answered, known)
        if not wrong:
            return {**known, **learnt}
        assert step.until, f"{step.request}\n{wrong}"
        assert time.monotonic() < until, f"{step.request}, for {PATIENCE_SECONDS} seconds\n{wrong}"
        await asyncio.sleep(0.02)


async def _ask(application: Any, step: Step, known: Mapping[str, str]) -> Answered:
    method, _, target = step.request.partition(" ")
    body = filled(step.body, known).encode()
    given = {"Host": known["host"], "Authorization": f"Bearer {known['token']}", **step.headers}
    if body:
        given["Content-Length"] = str(len(body))
    headers = {name: filled(value, known) for name, value in given.items() if value}
    return await exchange(application, method, target_of(filled(target, known)), headers, body)


def _compare(step: Step, answered: Answered, known: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """Return what is wrong with an answer, "" if nothing is, and what can be learnt from it."""
    wanted = {"status": str(step.status), "content-type": step.type, **step.answer_headers, "body": step.answer}
    found = {"status": str(answered.status), **answered.headers, "body": answered.text}
    learnt: dict[str, str] = {}
    for what, expected in wanted.items():
        got = found.get(what.lower(), "")
        matched = pattern(expected, {**known, **learnt}).fullmatch(got)
        if matched is None:
            return f"{what} is\n{got[:SHOWN]}\nand not\n{expected}\n({answered.status}: {answered.text[:SHOWN]})", {}
        learnt |= matched.groupdict()
    if "json" in answered.headers.get("content-type", "") and answered.text:
        json.loads(answered.text)
    return "", learnt


def _unquoted(raw_path: bytes) -> str:
    return unquote_to_bytes(raw_path).decode("utf-8", "replace")
