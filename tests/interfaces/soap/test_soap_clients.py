"""Clients that read the WSDL and do as it says: zeep, and PHP's SoapClient."""

import asyncio
import json
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
import zeep
from lxml import etree
from zeep.transports import Transport

from interfaces.soap.importers import PASSWORD, Shop, give_password, open_shop
from interfaces.soap.programs import key_of
from interfaces.soap.serving import served
from staffetta.accounts import Account
from staffetta.interfaces.platform import Platform
from staffetta.interfaces.soap import SERVICES, Soap
from staffetta.interfaces.soap.services import Operation, SoapService, Type

VALUES: dict[Type, Any] = {
    Type.INT: 0,
    Type.STRING: "",
    Type.BOOLEAN: False,
    Type.OPTIONS: {"Option": [{"Key": "note", "Value": "è <b> & co"}]},
    Type.DATE_TIME: "2026-06-01T12:00:00",
}
# Import's codes of what VALUES name: nothing is answered as if nobody had signed in.
SIGNED_IN = (0, -101, -102, -200, -301, -401, -1001)
# Those of the other services: done, refused, no such list, no such user. Who signs in by VALUES is told otherwise.
ANSWERED = (0, -1, -100, -1001)
SESSIONS = ("Login", "LoginFromId", "Logout")


def values_for(operation: Operation, key: str) -> dict[str, Any]:
    # The key is to last for all operations.
    given = {each.name: VALUES[each.type] for each in operation.parameters}
    return given | {"accessKey": key} if "accessKey" in given and operation.name != "Logout" else given


def call_all_by_zeep(service: SoapService, url: str, user: str, key: str) -> list[tuple[Operation, Any]]:
    """Call every operation in both versions of SOAP; return what each answered."""
    with requests.Session() as session:
        session.trust_env = False
        client = zeep.Client(f"{url}{service.paths[0]}?WSDL", transport=Transport(session=session))
        header = {"Authentication": {"User": user, "Password": PASSWORD, "encType": "UTF-8"}}
        headers = {"_soapheaders": header} if service.authenticates else {}
        return [
            (each, client.bind(service.name, f"{service.name}{kind}")[each.name](**values_for(each, key), **headers))
            for kind in ("Soap", "Soap12")
            for each in service.operations
        ]


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
async def test_zeep_calls_every_operation(unlimited: Platform, account: Account, service: SoapService):
    user = open_shop(unlimited, account).account.api_user
    key = key_of(unlimited.database, user)

    async with served(unlimited) as url:
        answers = await asyncio.to_thread(call_all_by_zeep, service, url, user, key)

    assert len(answers) == 2 * len(service.operations)
    for each, answer in answers:
        if each.result == Type.INT:
            assert answer == -1
        elif service.authenticates:
            code = int(etree.fromstring(answer.encode()).findtext("mailupBody/ReturnCode"))
            assert code in SIGNED_IN or code > 0, each.name
        else:
            code = int(etree.fromstring(answer.encode()).findtext("errorCode"))
            assert code in ANSWERED or each.name in SESSIONS, each.name


def run_a_campaign_by_zeep(url: str, kind: str, key: str) -> dict[str, str]:
    """Write a message, launch it in every way and look at what comes of it; return what each operation answered."""
    with requests.Session() as session:
        session.trust_env = False
        transport = Transport(session=session)
        send, report = (
            zeep.Client(f"{url}/{name}.asmx?WSDL", transport=transport).bind(name, f"{name}{kind}")
            for name in ("MailupSend", "MailupReport")
        )
        told: dict[str, str] = {}

        def ask(name: str, found: str = "errorCode", service: Any = send, **given: Any) -> str:
            answer = etree.fromstring(service[name](accessKey=key, **given).encode())
            assert answer.findtext("errorCode") == "0", etree.tostring(answer)
            told[name] = answer.findtext(f".//{found}") or ""
            return told[name]

        def options(**given: str) -> dict[str, Any]:
            return {"Option": [{"Key": name, "Value": value} for name, value in given.items()]}

        content = {"listID": 1, "subject": "Spring", "type": "HTML", "content": "<p>è [nome]</p>"}
        everybody = options(send_to="ALL", deliverydt="29991231090000")
        message = int(ask("CreateNewsletter", "newsletterID", **content, options=options(note="n", dyn_fld="true")))
        of_message = {"listID": 1, "newsletterID": message}
        edited = content | {"subject": "Summer", "options": options(note="m")}
        ask("EditNewsletter", "newsletterID", newsletterId=message, **edited)
        copy = send.CloneMessage(key, "1", "", message, "Copy")
        told["CloneMessage"] = str(copy - message)
        ask("GetNewsletters", "subject", listID=1)
        ask("GetMessages", "subject", listID=1)
        ask("GetTemplates", "subject", listID=1)
        ask("GetNewsletterCode", "newsletterSubject", **of_message, isTemplate=False)
        ask("SendSingleNewsletter", "newsletterID", **content, recipientEmail="ada@example.org", options=options())
        delivery = int(ask("SendNewsletter", "deliveryID", **of_message, options=everybody))
        ask(
            "SendNewsletterFast",
            "listID",
            **content,
            options=options(send_to="RECIPIENTS", recipients="ada@example.org"),
        )
        told["SendMessageNL"] = str(
            send.SendMessageNL(key, "a.csv", ";", "1", "", str(message), "", "", "", "2026-06-01T12:00:00", 0)
        )
        ask("GetNewsletterDeliveryStatus", "status", deliveryID=delivery)
        ask("StopDelivery", "deliveries")
        ask("StartDelivery", "deliveries")
        ask("GetNewsletterQueues", "listID", listID=1)
        ask("GetNewsletterScheduleStatus", "status", newsletterID=message)
        ask("SetNewsletterQueueOrder", "scheduleID", scheduleID=delivery, Up=True)
        ask("AddNewsletterQueue", "status", deliveryID=delivery, immediate=False)
        ask(
            "ScheduleNewsletterQueue",
            "status",
            **of_message,
            scheduleID=delivery,
            deliverydt="29981231090000",
            timezone=0,
        )
        ask(
            "PrepareNewsletterSchedule",
            "status",
            **of_message,
            deliveryDate="20991231",
            deliveryTime="0900",
            adminEmail="",
            idUser=0,
            note="",
        )
        ask("RemoveNewsletterQueue", "status", **of_message, deliveryID=delivery, scheduleID=0, deleteQueue=True)
        ask("ReportByMessageEN", service=report, listID=1, messageID=message)
        ask("ReportByMessage", service=report, listID=1, messageID=message)
        given = {"email": "ada@example.org", "listID": 1, "messageID": message}
        ask("ReportByUserEN", "Channels/Email", service=report, **given)
        ask("ReportByUser", "Canali/Email", service=report, **given)
        return told


@pytest.mark.parametrize("kind", ["Soap", "Soap12"])
async def test_zeep_runs_a_campaign(unlimited: Platform, account: Account, kind: str):
    key = key_of(unlimited.database, open_shop(unlimited, account).account.api_user)

    async with served(unlimited) as url:
        told = await asyncio.to_thread(run_a_campaign_by_zeep, url, kind, key)

    assert told.pop("SendNewsletter") == told.pop("SetNewsletterQueueOrder")
    assert told.pop("CreateNewsletter") == told.pop("EditNewsletter")
    assert told == {
        "CloneMessage": "1",
        "GetNewsletters": "Copy",
        "GetMessages": "Copy",
        "GetTemplates": "Newsletter",
        "GetNewsletterCode": "Summer",
        "SendSingleNewsletter": "3",
        "SendNewsletterFast": "1",
        "SendMessageNL": "-1",
        "GetNewsletterDeliveryStatus": "SCHEDULED",
        "StopDelivery": "2",
        "StartDelivery": "2",
        "GetNewsletterQueues": "1",
        "GetNewsletterScheduleStatus": "SCHEDULED",
        "AddNewsletterQueue": "SCHEDULED",
        "ScheduleNewsletterQueue": "SCHEDULED",
        "PrepareNewsletterSchedule": "SCHEDULED",
        "RemoveNewsletterQueue": "COMPLETED",
        "ReportByMessageEN": "0",
        "ReportByMessage": "0",
        "ReportByUserEN": "Subscribed",
        "ReportByUser": "Iscritto",
    }


PHP = Path(__file__).with_name("calling.php")


def why_no_php() -> str:
    php = shutil.which("php")
    if php is None:
        return "php is not installed"
    modules = subprocess.run([php, "-m"], capture_output=True, text=True, check=True).stdout
    return "" if "soap" in modules.split() else "php has no soap extension"


@asynccontextmanager
async def working(shop: Shop) -> AsyncIterator[None]:
    """Do what the worker has to, until the end of the block."""

    async def work() -> None:
        while True:
            await asyncio.to_thread(shop.work)
            await asyncio.sleep(0.05)

    task = asyncio.create_task(work())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.mark.skipif(bool(why_no_php()), reason=why_no_php() or "php is there")
async def test_php_does_what_a_shop_does(unlimited: Platform, account: Account):
    with unlimited.database.connection() as connection:
        give_password(connection, account)
    arguments = (account.host, account.api_user, PASSWORD, str(account.id))

    async with served(unlimited) as url, working(Shop(Soap(unlimited), account, unlimited.database)):
        process = await asyncio.create_subprocess_exec(
            "php", str(PHP), url, *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        out, error = await process.communicate()

    assert process.returncode == 0, out.decode() + error.decode()
    told = json.loads(out)
    assert told.pop("lists").startswith("<GetListsResult><errorCode>0</errorCode>")
    assert told.pop("options").startswith(
        "<SendNewsletterResult><errorCode>-1</errorCode><errorDescription>list 1 has no"
    )
    assert told == {
        "before activation": "-1007",
        "activation": "0",
        "again": "0",
        "group": True,
        "import": "0",
        "import ended": "3",
        "import by 1.2": "0",
        "import by 1.2 ended": "3",
        "nothing stored": "-401",
        "wrong password": "-1002",
        "without header": "-1013",
        "same group": True,
        "status": "Iscritto",
        "after logout": "-1013",
        "fault": "soap:Client",
    }
