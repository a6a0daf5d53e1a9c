"""Killed in mid-campaign, the server loses nobody and mails nobody twice: `staffetta selftest crash`."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

from staffetta.errors import FailedPrecondition
from staffetta.selftest import CaptureServer, crash_again_and_again
from staffetta.sending import smtp
from staffetta.settings import Relay

KILLS, PEOPLE = 12, 2_000


@pytest.mark.slow
def test_kills_in_mid_campaign_lose_nobody_and_double_nobody(database_url, tmp_path):
    report = crash_again_and_again(tmp_path, database_url=database_url, kills=KILLS, people=PEOPLE, seed=4711)

    assert report.holds, report
    assert (report.kills, report.lost, report.doubled) == (KILLS, 0, 0)
    assert report.messages == report.campaigns * PEOPLE == len(report.fates)
    assert report.sent + report.in_doubt == report.messages
    assert report.in_doubt <= KILLS * report.window


@pytest.mark.slow
def test_the_command_accounts_for_every_message(tmp_path):
    staffetta = Path(sys.executable).with_name("staffetta")
    words = ["selftest", "crash", "--kills", "2", "--people", "300", "--seed", "3", "--json"]

    done = subprocess.run(
        [staffetta, *words, "--output", tmp_path / "fates.csv"], capture_output=True, text=True, check=False
    )

    report = json.loads(done.stdout)
    with (tmp_path / "fates.csv").open(encoding="utf-8", newline="") as file:
        fates = list(csv.DictReader(file))
    assert (done.returncode, report["holds"], report["kills"]) == (0, True, 2)
    assert len(fates) == report["messages"]
    assert sum(each["state"] == "sent" for each in fates) == report["sent"]


def test_a_database_that_is_in_use_is_left_alone(tmp_path):
    crash_again_and_again(tmp_path, kills=1, people=1, seed=1)

    with pytest.raises(FailedPrecondition, match="has accounts"):
        crash_again_and_again(tmp_path, kills=1, people=1, seed=1)


async def test_what_the_capture_server_answers_for_is_counted():
    contents = [f"Message-ID: <{number}@example>\r\n\r\n.\r\nHello\r\n".encode() for number in (1, 2, 2)]
    envelopes = [smtp.Envelope("a@example.com", "b@example.com", content) for content in contents]

    with CaptureServer() as capture:
        connection = await smtp.Connection.open(Relay("127.0.0.1", capture.port), hello="test.example")
        outcomes = await connection.send(envelopes)
        await connection.close()

    assert all(isinstance(each, smtp.Accepted) for each in outcomes)
    assert capture.accepted == {"<1@example>": 1, "<2@example>": 2}
