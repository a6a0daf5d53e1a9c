"""The engine that sends: claims deliveries, writes the mails, hands them to a relay, records what became of them."""

from staffetta.sending.intake import Intake
from staffetta.sending.sealer import Sealer
from staffetta.sending.sender import Sender

__all__ = ["Intake", "Sealer", "Sender"]
