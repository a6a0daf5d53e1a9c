"""What a look at a message before it is sent comes to; a resource of ours, which the protocol does not have."""

import msgspec


class PreflightFinding(msgspec.Struct, frozen=True):
    """One thing that was looked at; `Level` is `red`, `amber` or `green`."""

    Code: str
    Level: str
    Text: str
    Detail: str


class Preflight(msgspec.Struct, frozen=True):
    """All that was looked at, what weighs most first; `Blocks` says that something is red."""

    Findings: list[PreflightFinding]
    Blocks: bool
