"""The main job on the real process: a form signs a person up, the mail leaves, the link confirms."""

import re
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from scenarios.process import Server, headers_of, until
from scenarios.relay import MailServer

pytestmark = pytest.mark.slow

ADA = "ada@example.com"
GRACE = "grace@example.com"
FORM = "/frontend/subscribe.aspx"


def test_a_form_signs_a_person_up_and_the_link_of_the_caught_mail_confirms(server):
    answer = server.post(FORM, data={"email": ADA, "list": "1", "campo1": "Ada"})
    [mail] = until(server.caught)
    pending = server.status(ADA)
    page = server.get(re.findall(r"http\S+/c/\S+", mail["text"])[0])

    assert (answer.status_code, answer.headers["location"].split("?")[0]) == (302, "/frontend/landing/pending")
    assert server.get(answer.headers["location"]).status_code == 200
    assert (mail["to"], mail["kind"]) == (ADA, "confirmation")
    assert headers_of(mail)["auto-submitted"] == "auto-generated"
    assert (pending, page.status_code, server.status(ADA)) == ("4", 200, "2")


def test_the_relay_gets_the_mail_and_one_click_on_its_header_unsubscribes(sending, relay):
    signed_up = sending.sign_up(ADA)
    [mail] = until(lambda: relay.to(ADA))
    sending.get(mail.link("c"))
    confirmed = sending.status(ADA)
    header = re.findall(r"<(http[^>]+)>", mail.message["List-Unsubscribe"])[0]
    clicked = sending.post(header, data={"List-Unsubscribe": "One-Click"})

    assert (signed_up, confirmed) == ("0", "2")
    assert mail.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert (clicked.status_code, sending.status(ADA)) == (200, "3")
    until(lambda: set(sending.states()) == {"sent"})


def test_a_form_asks_once_for_several_lists_and_an_api_asks_for_each(server):
    other = server.command("list", "add", "Shows")
    until(lambda: server.get("/readyz").status_code == 200)

    server.post(FORM, data={"email": ADA, "list": ["1", str(other["id"])]})
    server.sign_up(GRACE, lists=f"1,{other['id']}")
    server.sign_up("joan@example.com", lists=f"1,{other['id']}", ConfirmListID=str(other["id"]))
    mails = until(lambda: (mails := server.caught()) and len(mails) == 4 and mails)
    server.get(re.findall(r"http\S+/c/\S+", next(each for each in mails if each["to"] == ADA)["text"])[0])

    assert sorted(each["to"] for each in mails) == [ADA, GRACE, GRACE, "joan@example.com"]
    assert [server.status(ADA), server.status(ADA, list_id=other["id"], guid=other["guid"])] == ["2", "2"]
    assert server.status(GRACE) == "4"


def test_accounts_lists_and_groups_made_beside_the_running_server_are_seen_at_once(server):
    words = ("--id", 7132, "--host", "shop.example", "--password", "P", "--list-guid", server.ready["list_guid"])
    server.command("account", "add", *words)
    added = server.command("list", "add", "News", "--account", 7132)
    group = server.command("group", "add", "Buyers", "--list", added["id"], "--account", 7132)
    host = {"Host": "shop.example"}
    query = {"email": ADA, "list": added["id"], "group": group["id"], "retCode": "1", "confirm": "0"}
    signed_up = server.get("/frontend/xmlSubscribe.aspx", params=query, headers=host)
    query = {"email": ADA, "list": added["id"], "listGuid": added["guid"]}
    checked = server.get("/frontend/xmlChkSubscriber.aspx", params=query, headers=host)

    assert (signed_up.text, checked.text) == ("0\r\n", "2\r\n")
    assert server.status(ADA) == "1"
    assert server.command("consent", "show", ADA, "--account", 7132)[0]["new_status"] == "subscribed"


def test_a_second_server_on_the_same_file_is_refused(make_server):
    server = make_server().start()

    second = server.run("up", "--bind", "127.0.0.1:0")

    assert second.returncode == 1
    assert second.stderr.startswith(b"error: another server (process %d) is running on " % server.process.pid)
    assert server.sign_up(ADA) == "0"


def test_a_restart_keeps_everything(server):
    ready = dict(server.ready)
    server.sign_up(ADA, confirm="0")
    server.sign_up(GRACE)
    until(server.caught)
    codes = [server.stop()]
    server.start()
    mail = server.caught()[0]
    server.get(re.findall(r"http\S+/c/\S+", mail["text"])[0])
    until(lambda: server.command("consent", "verify")["accounts"][0]["entries"] == 3)

    assert (codes, server.ready) == ([0], ready)
    assert (server.status(ADA), server.status(GRACE)) == ("2", "2")
    assert server.command("consent", "verify")["holds"]


def test_a_stop_in_the_middle_of_load_keeps_what_was_answered_and_leaves_nothing_in_doubt(sending, relay):
    relay.delay_seconds = 0.002

    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(_try_to_sign_up, sending, f"person{number}@example.com") for number in range(300)]
        until(lambda: len(relay.received) > 20)
        code = sending.stop()
        answered = [done for each in asked if (done := each.result())]
    states = sending.states()
    sent_before = len(relay.received)
    sending.start()

    assert code == 0
    assert len(answered) > 20
    assert set(states) <= {"sent", "planned"}
    assert states["sent"] == sent_before
    assert {sending.status(each) for each in answered} == {"4"}
    until(lambda: {each.recipient for each in relay.received} >= set(answered))
    assert len(relay.received) == len({each.message["Message-ID"] for each in relay.received})


def _try_to_sign_up(server: Server, email: str) -> str:
    """Return the address when the server has answered for it."""
    try:
        return email if server.sign_up(email) == "0" else ""
    except httpx.TransportError:
        return ""


def test_mail_waits_for_a_relay_that_is_not_there_yet(make_server, database_url):
    later = MailServer()
    server = make_server(database=database_url, relays=later.relay()).start()

    signed_up = server.sign_up(ADA)
    waiting = server.states()
    with later:
        [mail] = until(lambda: later.to(ADA))

        assert (signed_up, waiting) == ("0", {"planned": 1})
        assert mail.message["To"] == ADA
        until(lambda: server.states() == {"sent": 1})


def test_a_relay_that_wants_a_login_over_tls_gets_it(make_server, tmp_path):
    import ssl

    import trustme

    authority = trustme.CA()
    certificate = authority.issue_cert("localhost")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    certificate.configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    with MailServer(tls=context, user="news", password="secret") as relay:
        server = make_server(relays=relay.relay(security="starttls"))
        server.trusted_certificate = tmp_path / "authority.pem"
        server.start()
        server.sign_up(ADA)
        [mail] = until(lambda: relay.to(ADA))

    assert (mail.encrypted, mail.user) == (True, "news")


def test_a_relay_that_says_later_is_asked_again_later(sending, relay):
    relay.answers_to_rcpt["ada"] = "451 4.7.1 Greylisted"
    relay.answers_to_data["grace"] = "452 4.3.1 Full"

    sending.sign_up(ADA)
    sending.sign_up(GRACE)
    until(lambda: sending.states() == {"deferred": 2})

    deferred = {each["address"]: each for each in sending.deliveries("deferred")}
    assert deferred[ADA]["reply"] == "451 4.7.1 Greylisted"
    assert deferred[ADA]["attempts"] == 1
    assert deferred[GRACE]["reply"] == "452 4.3.1 Full"
    assert sending.status(ADA) == "4"


def test_an_address_that_the_relay_refuses_for_good_is_unsubscribed_and_suppressed(sending, relay):
    relay.answers_to_rcpt["ada"] = "550 5.1.1 No such user"
    relay.answers_to_rcpt["grace"] = "550 5.7.1 Not for you"

    sending.sign_up(ADA)
    sending.sign_up(GRACE)
    until(lambda: sending.states() == {"failed": 2})

    assert (sending.status(ADA), sending.sign_up(ADA)) == ("3", "1")
    assert (sending.status(GRACE), sending.sign_up(GRACE)) == ("4", "0")
    entry = sending.command("consent", "show", ADA)[-1]
    assert (entry["new_status"], entry["cause"], entry["source"]) == ("unsubscribed", "bounce", "sending")


def test_a_relay_that_goes_without_an_answer_leaves_one_mail_in_doubt_until_a_person_decides(sending, relay):
    relay.drops_after_data.add("ada")

    sending.sign_up(ADA)
    until(lambda: sending.states() == {"in_doubt": 1})
    sending.sign_up(GRACE)
    until(lambda: relay.to(GRACE))
    relay.drops_after_data.clear()
    settled = sending.command("outbox", "settle", "--resend")

    assert settled == {"settled": 1, "state": "deferred"}
    until(lambda: sending.states() == {"sent": 2})
    first, second = relay.to(ADA)
    assert first.message["Message-ID"] == second.message["Message-ID"]


def test_machines_ask_how_it_is(sending, relay):
    sending.sign_up(ADA)
    until(lambda: sending.states() == {"sent": 1})

    metrics = sending.get("/metrics").text
    assert sending.get("/healthz").json() == {"status": "ok"}
    assert sending.get("/readyz").json() == {"status": "ok", "deliveries_waiting": 0}
    assert re.search(r'^staffetta_\w*deliveries\w*_total\{state="sent"\} 1\.0$', metrics, re.MULTILINE)
    assert "process_resident_memory_bytes" in metrics
    assert ADA not in metrics


def test_a_backup_made_while_people_sign_up_is_a_whole_database(make_server, tmp_path):
    server: Server = make_server(limits="off").start()
    file = tmp_path / "copy" / "home" / "staffetta.db"
    file.parent.mkdir(parents=True)
    before = [f"before{number}@example.com" for number in range(20)]

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(server.sign_up, before)) == {"0"}
        during = [pool.submit(server.sign_up, f"during{number}@example.com") for number in range(60)]
        server.command("db", "backup", file)
        assert {each.result() for each in during} == {"0"}

    copy: Server = make_server()
    copy.home = file.parent
    assert copy.command("db", "check")["sound"]
    copy.start()
    assert {copy.status(each, guid=server.ready["list_guid"]) for each in before} == {"4"}
