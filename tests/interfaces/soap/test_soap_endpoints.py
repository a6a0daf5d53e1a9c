"""Where the services answer, what they say about themselves, and the bindings of HTTP GET and POST."""

from dataclasses import replace
from ipaddress import ip_network

import pytest
from lxml import etree

from interfaces.soap.asking import IP, Asker, envelope
from interfaces.soap.small_service import Heard, small_service
from staffetta.interfaces.platform import Platform
from staffetta.interfaces.routing import Router
from staffetta.interfaces.soap import SERVICES, Soap

WSDL = "{http://schemas.xmlsoap.org/wsdl/}"
SCHEMA = "{http://www.w3.org/2001/XMLSchema}"


@pytest.mark.parametrize("path", ["/services/wssmall.ASMX", "/Services/WSSmall.asmx/", "//services//WSSmall.asmx"])
async def test_letter_case_and_doubled_slashes_do_not_matter(small: Asker, path: str):
    router = Router(paths={}, segments={"services": small.application}, otherwise=None)

    response = await Asker(router, path, small.host).send(envelope("<Bare/>"))

    assert "BareResult" in response.text


@pytest.mark.parametrize("host", ["services.mailupnet.it", "wsvc.ss.mailup.it", "127.0.0.1:8080", "localhost"])
async def test_any_host_is_served(small: Asker, heard: Heard, host: str):
    response = await Asker(small.application, small.path, host).send(envelope("<GetLists/>"))

    assert response.status_code == 200
    assert heard.call.host == host.partition(":")[0]


@pytest.mark.parametrize(
    "path", ["/Services/", "/Services/Other.asmx", "/1.0/MailUpService.svc", "/MailupSend.asmx/Login"]
)
async def test_what_is_no_service_is_not_found(unlimited: Platform, path: str):
    response = await Asker(Soap(unlimited), path, "a.example").send(envelope("<Bare/>"))

    assert response.status_code == 404


async def test_other_verbs_are_told_which_are_served(small: Asker):
    response = await small.request("DELETE", small.path)

    assert response.status_code == 405
    assert response.headers["allow"] == "GET, HEAD, POST"


@pytest.mark.parametrize("query", ["?WSDL", "?wsdl", "?Wsdl=", "?singleWsdl"])
async def test_the_description_leads_back_to_who_was_asked(small: Asker, query: str):
    response = await small.request("GET", small.path.lower() + query, headers={"host": "Console.example:8443"})

    assert response.headers["content-type"] == "text/xml; charset=utf-8"
    assert addresses(response.content) == {"http://console.example:8443/Services/WSSmall.asmx"}


async def test_behind_a_proxy_it_leads_to_the_proxy(unlimited: Platform, heard: Heard):
    behind = replace(unlimited, trusted_proxies=(ip_network(IP),))
    asker = Asker(Soap(behind, [small_service(heard)]), "/Services/WSSmall.asmx?WSDL", "a.example")

    passed = await asker.request("GET", asker.path, headers={"x-forwarded-proto": "https"})
    told = await asker.request(
        "GET", asker.path, headers={"x-forwarded-proto": "https", "x-forwarded-host": "news.example:8443"}
    )

    assert addresses(passed.content) == {"https://a.example/Services/WSSmall.asmx"}
    assert addresses(told.content) == {"https://news.example:8443/Services/WSSmall.asmx"}


async def test_a_proxy_that_is_nobody_s_is_not_believed(small: Asker):
    headers = {"x-forwarded-proto": "https", "x-forwarded-host": "evil.example"}

    response = await small.request("GET", f"{small.path}?WSDL", headers=headers)

    assert addresses(response.content) == {"http://console.example/Services/WSSmall.asmx"}


async def test_a_host_that_is_none_leads_nowhere_of_its_choice(small: Asker):
    response = await small.request("GET", f"{small.path}?wsdl", headers={"host": 'x"><evil/>'})

    assert b"evil" not in response.content


async def test_a_browser_gets_a_page_that_names_the_operations(small: Asker):
    page = await small.request("GET", small.path)
    head = await small.request("HEAD", small.path)

    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "Small &amp; simple." in page.text
    assert "<code>TakeAll</code>" in page.text
    assert "content-security-policy" in page.headers
    assert head.content == b""
    assert head.headers["content-length"] == page.headers["content-length"]


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_calls_by_plain_http_have_no_credentials(small: Asker, heard: Heard, method: str):
    response = await small.request(method, f"{small.path}/takeall?idList=x&User=a1&Password=secret")

    root = etree.fromstring(response.content)
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/xml; charset=utf-8"
    assert root.tag == "{http://ws.mailupnet.it/}string"
    assert etree.fromstring(root.text).findtext("mailupBody/ReturnCode") == "-1013"
    assert (heard.call.credentials, heard.values["idList"]) == (None, 0)


async def test_a_refusal_by_plain_http_is_told_too(small: Asker):
    response = await small.request("GET", f"{small.path}/Refuse")

    assert response.status_code == 500


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
async def test_a_description_has_the_names_of_the_original(unlimited: Platform, service):
    response = await Asker(Soap(unlimited), "", "a.example").request("GET", f"{service.paths[0]}?WSDL")
    root = etree.fromstring(response.content)

    kinds = ["Soap", "Soap12", "HttpGet", "HttpPost"] if service.over_http else ["Soap", "Soap12"]
    names = [f"{service.name}{kind}" for kind in kinds]
    assert [each.get("name") for each in root.iterfind(f"{WSDL}binding")] == names
    assert [each.get("name") for each in root.iterfind(f"{WSDL}service/{WSDL}port")] == names
    assert [each.get("name") for each in root.iterfind(f"{WSDL}portType")] == [n for n in names if "12" not in n]
    assert {each.get("message") for each in root.iter("{http://schemas.xmlsoap.org/wsdl/soap/}header")} == (
        {f"tns:{each.name}Authentication" for each in service.operations} if service.authenticates else set()
    )
    actions = [each.get("soapAction") for each in root.iter("{http://schemas.xmlsoap.org/wsdl/soap/}operation")]
    start = service.namespace.rstrip("/") + "/"
    assert actions == [start + each.name for each in service.operations]


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
async def test_no_parameter_is_asked_for_that_clients_leave_out(unlimited: Platform, service):
    response = await Asker(Soap(unlimited), "", "a.example").request("GET", f"{service.paths[0]}?WSDL")
    schema = etree.fromstring(response.content).find(f"{WSDL}types/{SCHEMA}schema")

    least = {
        each.get("minOccurs")
        for each in schema.iter(f"{SCHEMA}element")
        if each.get("type") in ("s:string", "tns:ArrayOfOption") and each.get("minOccurs")
    }
    assert schema.get("elementFormDefault") == "qualified"
    assert least == {"0"}


def addresses(description: bytes) -> set[str]:
    ports = etree.fromstring(description).iterfind(f"{WSDL}service/{WSDL}port")
    return {each[0].get("location") for each in ports}
