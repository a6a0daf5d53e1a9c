"""What DNS says of a sender's domain, asked of a real DNS server."""

import base64
import time
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from sending.dns_answering import FAILING, SILENT, Records, answering
from staffetta.campaigns.findings import Finding, Level
from staffetta.errors import InvalidArgument
from staffetta.sending.dkim_keys import DkimKey
from staffetta.sending.name_service import NameService
from staffetta.sending.preflight_dns import Identities, judge_domain
from trying import NOON

SHOP = "shop-mail.com"
_ED25519 = Ed25519PrivateKey.generate()
_RSA = rsa.generate_private_key(65537, 2048)


def pem(key: Any) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def key(selector: str, private_key: str) -> DkimKey:
    return DkimKey(SHOP, selector, "", private_key, signs=True, created_at=NOON)


ED25519 = key("e", pem(_ED25519))
RSA = key("r", pem(_RSA))
ED25519_PUBLIC = base64.b64encode(_ED25519.public_key().public_bytes_raw()).decode()
RSA_PUBLIC = base64.b64encode(_RSA.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
RSA_PKCS1 = base64.b64encode(_RSA.public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)).decode()
ED25519_RECORD = f"v=DKIM1; k=ed25519; p={ED25519_PUBLIC}"

WELL: Records = {
    (SHOP, "TXT"): ["google-site-verification=x", "v=spf1 ip4:8.8.8.0/24 -all"],
    (f"e._domainkey.{SHOP}", "TXT"): [ED25519_RECORD],
    (f"_dmarc.{SHOP}", "TXT"): ["v=DMARC1; p=reject"],
}


async def judged(records: Records, **who: Any) -> dict[str, Finding]:
    identities = {"author": SHOP, "envelope": SHOP, "keys": [ED25519], "relays": [], **who}
    with answering({**WELL, **records}) as server:
        found = await judge_domain(NameService([server.address]), Identities(**identities))
    return {each.code: each for each in found}


async def test_a_domain_that_is_well_set_up_is_green():
    found = await judged({})

    assert {code: each.level for code, each in found.items()} == dict.fromkeys(("spf", "dkim", "dmarc"), Level.GREEN)
    assert "SPF and DKIM" in found["dmarc"].text


@pytest.mark.parametrize(
    ("records", "level", "said"),
    [
        ([], Level.AMBER, "no SPF record"),
        (["v=spf10 -all"], Level.AMBER, "no SPF record"),
        (["V=SPF1 MX -ALL"], Level.GREEN, "SPF record"),
        (["v=spf1"], Level.GREEN, "SPF record"),
        (["v=spf1 -all", "v=spf1 mx -all"], Level.RED, "broken"),
        (["v=spf1 +all"], Level.AMBER, "everybody"),
        (["v=spf1 all"], Level.AMBER, "everybody"),
        (["v=spf1 ipv4:192.0.2.1 -all"], Level.RED, "broken"),
        (["v=spf1 ip4:192.0.2.300 -all"], Level.RED, "broken"),
        (["v=spf1 ip6:192.0.2.1 -all"], Level.RED, "broken"),
        (["v=spf1 ip6:2001:db8::/32 -all"], Level.GREEN, "SPF record"),
        (["v=spf1 include: -all"], Level.RED, "broken"),
        (["v=spf1 include:gone.com -all"], Level.RED, "broken"),
        (["v=spf1 include:loop.com -all"], Level.RED, "broken"),
        (["v=spf1 include:many.com -all"], Level.RED, "broken"),
        (["v=spf1 include:friend.com ~all"], Level.GREEN, "SPF record"),
        (["v=spf1 include:everybody.com -all"], Level.GREEN, "SPF record"),
        (["v=spf1 redirect=friend.com"], Level.GREEN, "SPF record"),
        (["v=spf1 redirect=everybody.com"], Level.AMBER, "everybody"),
        (
            ["v=spf1 a/24//64 mx:friend.com/28 exists:%{i}.x.com ptr exp=why.com x-y=z/1 -all"],
            Level.GREEN,
            "SPF record",
        ),
        (["v=spf1 a/99 -all"], Level.RED, "broken"),
        (SILENT, Level.AMBER, "could not be asked"),
        (FAILING, Level.AMBER, "could not be asked"),
    ],
)
async def test_spf(records, level, said):
    others: Records = {
        (SHOP, "A"): ["203.0.113.9"],
        ("friend.com", "TXT"): ["v=spf1 ip4:192.0.2.0/24 -all"],
        ("friend.com", "MX"): ["10 mx.friend.com."],
        ("mx.friend.com", "A"): ["192.0.2.9"],
        ("everybody.com", "TXT"): ["v=spf1 +all"],
        ("loop.com", "TXT"): ["v=spf1 include:loop.com -all"],
        ("many.com", "TXT"): ["v=spf1 " + "a:friend.com " * 10 + "-all"],
    }

    found = await judged({**others, (SHOP, "TXT"): records})

    assert (found["spf"].level, said in found["spf"].text) == (level, True), found["spf"]


@pytest.mark.parametrize(
    ("spf", "relay", "level"),
    [
        ("ip4:8.8.8.0/24", "8.8.8.9", Level.GREEN),
        ("ip4:8.8.8.0/24", "9.9.9.9", Level.AMBER),
        ("ip4:8.8.8.0/24", "127.0.0.1", Level.GREEN),
        ("ip4:8.8.8.0/24", "10.0.0.1", Level.GREEN),
        ("ip4:8.8.8.0/24", "localhost", Level.GREEN),
        ("include:friend.com", "relay.friend.com", Level.GREEN),
        ("mx:friend.com", "relay.friend.com", Level.GREEN),
        ("a:relay.friend.com", "relay.friend.com", Level.GREEN),
        ("a:other.friend.com/20", "relay.friend.com", Level.GREEN),
        ("a:other.friend.com", "relay.friend.com", Level.AMBER),
        ("?include:friend.com", "relay.friend.com", Level.AMBER),
        ("exists:%{i}.friend.com", "relay.friend.com", Level.GREEN),
    ],
)
async def test_whether_spf_names_the_relay(spf, relay, level):
    records: Records = {
        (SHOP, "TXT"): [f"v=spf1 {spf} -all"],
        ("friend.com", "TXT"): ["v=spf1 ip4:9.9.9.0/24 -all"],
        ("friend.com", "MX"): ["10 relay.friend.com."],
        ("relay.friend.com", "A"): ["9.9.9.9"],
        ("other.friend.com", "A"): ["9.9.8.8"],
    }

    found = await judged(records, relays=[relay])

    assert found["spf"].level == level, found["spf"]


@pytest.mark.parametrize(
    ("key", "records", "level", "said"),
    [
        (ED25519, [ED25519_RECORD], Level.GREEN, ""),
        (ED25519, [f"k=ed25519;p={ED25519_PUBLIC[:20]} {ED25519_PUBLIC[20:]};"], Level.GREEN, ""),
        (ED25519, [f"v=DKIM1; p={ED25519_PUBLIC}"], Level.RED, "another key"),
        (RSA, [f"v=DKIM1; k=rsa; p={RSA_PUBLIC}"], Level.GREEN, ""),
        (RSA, [f"p={RSA_PUBLIC}"], Level.GREEN, ""),
        (RSA, [f"v=DKIM1; p={RSA_PKCS1}"], Level.GREEN, ""),
        (RSA, [ED25519_RECORD], Level.RED, "another key"),
        (RSA, ["v=DKIM1; p=!"], Level.RED, "another key"),
        (RSA, ["v=DKIM1; p="], Level.RED, "revoked"),
        (RSA, ["v=DKIM2; p=x"], Level.RED, "no DKIM key"),
        (RSA, [], Level.RED, "no TXT record"),
        (RSA, ["p=x", "p=y"], Level.RED, "2 TXT records"),
        (RSA, SILENT, Level.AMBER, "no answer"),
        (key("r", "not a key"), [f"p={RSA_PUBLIC}"], Level.RED, "another key"),
    ],
)
async def test_dkim(key, records, level, said):
    found = await judged({(f"{key.selector}._domainkey.{SHOP}", "TXT"): records}, keys=[key])

    assert (found["dkim"].level, said in found["dkim"].detail) == (level, True), found["dkim"]


async def test_one_good_signature_of_two_is_enough_but_asks():
    found = await judged({}, keys=[ED25519, RSA])

    assert (found["dkim"].level, found["dkim"].detail) == (Level.AMBER, f"r._domainkey.{SHOP} has no TXT record")


@pytest.mark.parametrize(
    ("records", "level"),
    [
        ({}, Level.AMBER),
        ({("b.com", "MX"): ["10 mx.b.com."]}, Level.GREEN),
        ({("b.com", "AAAA"): ["2001:db8::1"]}, Level.GREEN),
        ({("b.com", "MX"): SILENT}, Level.AMBER),
    ],
)
async def test_whether_bounces_find_a_host(records, level):
    found = await judged(records, envelope="b.com", takes_bounces=True)

    assert found["bounces"].level == level


async def test_mail_that_is_not_signed_asks():
    found = await judged({}, keys=[])

    assert found["dkim"].level == Level.AMBER


@pytest.mark.parametrize(
    ("policy", "who", "level", "said"),
    [
        ([], {}, Level.AMBER, "no DMARC record"),
        (["v=DMARC12; p=none"], {}, Level.AMBER, "no DMARC record"),
        (["v=DMARC1; p=none", "v=DMARC1; p=reject"], {}, Level.AMBER, "no DMARC record"),
        (["v=DMARC1; p=reject"], {"keys": []}, Level.GREEN, "SPF can"),
        (["v=DMARC1; p=reject"], {"envelope": "bounces.com"}, Level.GREEN, "DKIM can"),
        (["v=DMARC1; p=reject"], {"envelope": "bounces.com", "keys": []}, Level.RED, "fails"),
        (["v=DMARC1; p=quarantine"], {"envelope": "bounces.com", "keys": []}, Level.RED, "fails"),
        (["v=DMARC1; p=none"], {"envelope": "bounces.com", "keys": []}, Level.AMBER, "fails"),
        (["v=DMARC1; p=reject"], {"envelope": f"b.{SHOP}", "keys": []}, Level.GREEN, "SPF can"),
        (["v=DMARC1; p=reject; aspf=s"], {"envelope": f"b.{SHOP}", "keys": []}, Level.RED, "fails"),
        (["v=DMARC1; p=reject; aspf=s"], {"envelope": f"b.{SHOP}"}, Level.GREEN, "DKIM can"),
        (SILENT, {}, Level.AMBER, "could not be asked"),
    ],
)
async def test_dmarc(policy, who, level, said):
    found = await judged({(f"_dmarc.{SHOP}", "TXT"): policy}, **who)

    assert (found["dmarc"].level, said in found["dmarc"].text) == (level, True), found["dmarc"]


@pytest.mark.parametrize(
    ("records", "author", "envelope", "level"),
    [
        # The record of the organization counts for what is below it, by sp where there is one.
        ({f"_dmarc.{SHOP}": "v=DMARC1; p=reject"}, f"news.{SHOP}", "bounces.com", Level.RED),
        ({f"_dmarc.{SHOP}": "v=DMARC1; p=reject; sp=none"}, f"news.{SHOP}", "bounces.com", Level.AMBER),
        ({f"_dmarc.{SHOP}": "v=DMARC1; p=reject"}, f"news.{SHOP}", f"b.{SHOP}", Level.GREEN),
        # A registry of names is not the organization of those who have one there.
        (
            {"_dmarc.co.uk": "v=DMARC1; p=reject; psd=y", "_dmarc.a.co.uk": "v=DMARC1; p=reject"},
            "a.co.uk",
            "b.co.uk",
            Level.RED,
        ),
        (
            {"_dmarc.co.uk": "v=DMARC1; p=reject; psd=y", "_dmarc.a.co.uk": "v=DMARC1; p=reject"},
            "a.co.uk",
            "x.y.a.co.uk",
            Level.GREEN,
        ),
        # A part of an organization that says it is one of its own.
        (
            {f"_dmarc.{SHOP}": "v=DMARC1; p=none", f"_dmarc.own.{SHOP}": "v=DMARC1; p=reject; psd=n"},
            f"own.{SHOP}",
            SHOP,
            Level.RED,
        ),
    ],
)
async def test_whose_organization_a_domain_is_of(records, author, envelope, level):
    texts: Records = {(name, "TXT"): [text] for name, text in records.items()}

    found = await judged(texts, author=author, envelope=envelope, keys=[])

    assert found["dmarc"].level == level, found["dmarc"]


@pytest.mark.parametrize(("relays", "level"), [([], Level.AMBER), (["127.0.0.1"], Level.AMBER), (["a.net"], Level.RED)])
async def test_nobody_is_asked_about_a_domain_that_is_none(relays, level):
    with answering({}) as server:
        who = Identities("localhost.localdomain", "localhost.localdomain", [], relays)
        found = await judge_domain(NameService([server.address]), who)

    assert [(each.code, each.level) for each in found] == [("domain", level)]
    assert server.asked == []


async def test_a_server_that_never_answers_costs_a_few_seconds_at_most():
    began = time.perf_counter()
    names = (SHOP, f"e._domainkey.{SHOP}", f"_dmarc.{SHOP}", "_dmarc.com")

    found = await judged({(name, "TXT"): SILENT for name in names}, relays=["relay.friend.com"])

    assert time.perf_counter() - began < 6
    assert {each.level for each in found.values()} == {Level.AMBER}


async def test_a_second_look_asks_nothing_anew():
    with answering(WELL) as server:
        names, who = NameService([server.address]), Identities(SHOP, SHOP, [ED25519], [])
        first = await judge_domain(names, who)
        asked = list(server.asked)

        second = await judge_domain(names, who)

    assert second == first
    assert server.asked == asked


async def test_silence_is_not_remembered():
    with answering({**WELL, (SHOP, "TXT"): FAILING}) as server:
        names, who = NameService([server.address]), Identities(SHOP, SHOP, [ED25519], [])
        await judge_domain(names, who)
        server.records[SHOP, "TXT"] = WELL[SHOP, "TXT"]

        found = await judge_domain(names, who)

    assert {each.level for each in found} == {Level.GREEN}


@pytest.mark.parametrize("domain", ["a" * 64 + ".com", "a." * 130 + "com", "a..com", "-.com", "a b.com", "\x00.com"])
async def test_a_domain_that_cannot_be_asked_for_is_no_failure(domain):
    found = await judged({}, author=domain, envelope=domain, keys=[])

    assert {each.level for each in found.values()} <= {Level.AMBER, Level.RED}


@pytest.mark.parametrize("server", ["", "dns.example", "192.0.2.1:0", "192.0.2.1:x", "192.0.2.1:99999", "::1::2"])
def test_a_server_that_is_no_address_is_refused(server):
    with pytest.raises(InvalidArgument):
        NameService([server])


@pytest.mark.parametrize("server", ["192.0.2.1", "192.0.2.1:5353", "2001:db8::1", "[2001:db8::1]:53"])
def test_servers_are_written_with_and_without_a_port(server):
    NameService([server])
