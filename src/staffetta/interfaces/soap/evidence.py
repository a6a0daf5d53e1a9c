"""Where a change of status that came by SOAP is from: the proof that the ledger keeps."""

from staffetta.interfaces.soap.calls import Call
from staffetta.recipients import Evidence, Source

LONGEST_PROOF = 300


def evidence_of(call: Call) -> Evidence:
    """Return what the ledger keeps of a call."""
    agent = next((value for name, value in call.scope["headers"] if name == b"user-agent"), b"").decode("latin-1")
    return Evidence(
        source=Source.SOAP,
        ip=call.ip,
        user_agent="".join(filter(str.isprintable, agent))[:LONGEST_PROOF],
        wording=f"{call.scope['path']} {call.operation}"[:LONGEST_PROOF],
    )
