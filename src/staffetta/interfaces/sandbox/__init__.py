"""The pages of caught mail, for integrators: what would have left the machine."""

from staffetta.interfaces.sandbox.endpoints import Sandbox

__all__ = ["Sandbox"]
