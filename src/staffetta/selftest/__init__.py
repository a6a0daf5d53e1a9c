"""Trying the platform's own promises on real processes: `staffetta selftest`."""

from staffetta.selftest.capturing import CaptureServer
from staffetta.selftest.crashing import CrashReport, MessageFate, crash_again_and_again

__all__ = ["CaptureServer", "CrashReport", "MessageFate", "crash_again_and_again"]
