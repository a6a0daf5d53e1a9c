"""Asking SOAP services as clients do that write their envelopes by hand."""

from typing import Any

import httpx

SOAP_11 = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP_12 = "http://www.w3.org/2003/05/soap-envelope"
IP = "192.0.2.7"
HEADER = "<Authentication><User>a1</User><Password>secret</Password><encType>UTF-8</encType></Authentication>"


def envelope(body: str, *, header: str = HEADER, version: str = SOAP_11, namespace: str = "urn:any") -> str:
    """Return an envelope around the element of an operation."""
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<soap:Envelope xmlns:soap="{version}" xmlns="{namespace}">'
        f"<soap:Header>{header}</soap:Header><soap:Body>{body}</soap:Body></soap:Envelope>"
    )


class Asker:
    """A client of one service."""

    def __init__(self, application: Any, path: str, host: str) -> None:
        self.application, self.path, self.host = application, path, host

    async def request(self, method: str, path: str, **request: Any) -> httpx.Response:
        # A fault of ours is an answer here as it is on the network.
        transport = httpx.ASGITransport(self.application, client=(IP, 4711), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, trust_env=False) as client:
            return await client.request(method, f"http://{self.host}{path}", **request)

    async def send(self, content: str | bytes, content_type: str = "text/xml; charset=utf-8") -> httpx.Response:
        headers = {"content-type": content_type} if content_type else {}
        return await self.request("POST", self.path, content=content, headers=headers)

    async def call(self, body: str, **envelope_options: str) -> httpx.Response:
        return await self.send(envelope(body, **envelope_options))
