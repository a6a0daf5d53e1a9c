"""Activations and their states: plain values."""

from enum import IntEnum


class ActivationState(IntEnum):
    """How far an activation is, by the codes that clients are told (seed on account provisioning)."""

    NOT_CONFIRMED = 0
    CONFIRMED = 1
    PROCESSED = 2
    ERROR = 3
    MANUAL = 4
    IN_PROGRESS = 5
    BLOCKED = 6
    RE_ELABORATED = 7
