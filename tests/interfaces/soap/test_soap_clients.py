"""Clients that read the WSDL and do as it says: zeep, and PHP's SoapClient."""

import asyncio
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import requests
import zeep
from lxml import etree
from zeep.transports import Transport

from interfaces.soap.programs import key_of
from interfaces.soap.serving import served
from staffetta.accounts import Account
from staffetta.interfaces.platform import Platform
from staffetta.interfaces.soap import SERVICES
from staffetta.interfaces.soap.services import Operation, SoapService, Type

VALUES: dict[Type, Any] = {
    Type.INT: 0,
    Type.STRING: "",
    Type.BOOLEAN: False,
    Type.OPTIONS: {"Option": [{"Key": "note", "Value": "è <b> & co"}]},
    Type.DATE_TIME: "2026-06-01T12:00:00",
}
HEADER = {"Authentication": {"User": "a0", "Password": "x", "encType": "UTF-8"}}


def values_for(operation: Operation, key: str) -> dict[str, Any]:
    # The key is to last for all operations.
    given = {each.name: VALUES[each.type] for each in operation.parameters}
    return given | {"accessKey": key} if "accessKey" in given and operation.name != "Logout" else given


def call_all_by_zeep(service: SoapService, url: str, key: str) -> list[tuple[Operation, Any]]:
    """Call every operation in both versions of SOAP; return what each answered."""
    with requests.Session() as session:
        session.trust_env = False
        client = zeep.Client(f"{url}{service.paths[0]}?WSDL", transport=Transport(session=session))
        headers = {"_soapheaders": HEADER} if service.authenticates else {}
        return [
            (each, client.bind(service.name, f"{service.name}{kind}")[each.name](**values_for(each, key), **headers))
            for kind in ("Soap", "Soap12")
            for each in service.operations
        ]


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
async def test_zeep_calls_every_operation(unlimited: Platform, account: Account, service: SoapService):
    key = key_of(unlimited.database, account.api_user)

    async with served(unlimited) as url:
        answers = await asyncio.to_thread(call_all_by_zeep, service, url, key)

    assert len(answers) == 2 * len(service.operations)
    for each, answer in answers:
        if each.result == Type.INT:
            assert isinstance(answer, int)
        else:
            root = etree.fromstring(answer.encode())
            assert root.find("errorCode" if not service.authenticates else "mailupBody/ReturnCode") is not None


PHP = Path(__file__).with_name("calling.php")


def why_no_php() -> str:
    php = shutil.which("php")
    if php is None:
        return "php is not installed"
    modules = subprocess.run([php, "-m"], capture_output=True, text=True, check=True).stdout
    return "" if "soap" in modules.split() else "php has no soap extension"


@pytest.mark.skipif(bool(why_no_php()), reason=why_no_php() or "php is there")
async def test_php_calls_as_its_plugins_do(unlimited: Platform, account: Account):
    key = key_of(unlimited.database, account.api_user)

    async with served(unlimited) as url:
        process = await asyncio.create_subprocess_exec(
            "php", str(PHP), url, key, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        out, error = await process.communicate()

    assert process.returncode == 0, out.decode() + error.decode()
    told = json.loads(out)
    assert told["lists"].startswith("<GetListsResult><errorCode>0</errorCode>")
    # Required elements come first where they are missing: PHP refuses to send a call without them.
    assert told["import without xmlDoc"] == "-1001"
    assert told["import by 1.2"] == "-1001"
    assert told["without header"] == "-1013"
    assert told["options"].startswith("<")
    assert told["fault"] == "soap:Client"
