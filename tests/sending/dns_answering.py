"""A real DNS server on loopback, over UDP, that answers from a table."""

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

Records = Mapping[tuple[str, str], list[str] | str]

SILENT = "silent"
FAILING = "failing"


class DnsServer:
    """Answers `records[name, kind]`: a list of texts, SILENT or FAILING; what is not there does not exist."""

    def __init__(self, records: Records) -> None:
        self.records = dict(records)
        self.asked: list[tuple[str, str]] = []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.socket.getsockname()[1]}"

    def answer_all(self) -> None:
        while True:
            octets, sender = self.socket.recvfrom(4096)
            if not octets:
                return
            answer = self.answer(dns.message.from_wire(octets))
            if answer:
                self.socket.sendto(answer.to_wire(), sender)

    def answer(self, query: dns.message.Message) -> dns.message.Message | None:
        question = query.question[0]
        name, kind = question.name.to_text(omit_final_dot=True), dns.rdatatype.to_text(question.rdtype)
        self.asked.append((name, kind))
        found = self.records.get((name, kind), [])
        if found == SILENT:
            return None
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        if found == FAILING:
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif found:
            texts = [_quoted(each) if kind == "TXT" else each for each in found]
            answer.answer.append(dns.rrset.from_text(question.name, 300, "IN", kind, *texts))
        elif not any(known == name for known, _ in self.records):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        return answer


def _quoted(text: str) -> str:
    """Return a text as the strings of at most 255 octets that a TXT record is made of."""
    return " ".join(f'"{text[at : at + 255]}"' for at in range(0, len(text), 255))


@contextmanager
def answering(records: Records) -> Iterator[DnsServer]:
    """Run a DNS server as long as the test needs it."""
    server = DnsServer(records)
    thread = threading.Thread(target=server.answer_all)
    thread.start()
    try:
        yield server
    finally:
        host, port = server.socket.getsockname()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", (host, port))
        thread.join()
        server.socket.close()
