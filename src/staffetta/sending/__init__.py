"""The engine that sends: claims deliveries, writes the mails, hands them to a relay, records what became of them."""

from staffetta.sending.preflight import judge_departure, preflight_of
from staffetta.sending.sealer import Sealer
from staffetta.sending.sender import Sender

__all__ = ["Sealer", "Sender", "judge_departure", "preflight_of"]
