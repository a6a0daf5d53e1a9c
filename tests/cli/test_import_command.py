"""`import` and `export`: a list from a file and back."""

import csv
import io
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from cli.conftest import EXECUTABLE
from staffetta.db import open_database
from staffetta.kit.addresses import EmailAddress
from staffetta.recipients import Status, check_status, get_profile
from staffetta.recipients.queries import recipient_by_email
from staffetta.settings import read_settings

PEOPLE = "email,name,campo1,Shoe size\nada@example.org,Ada,Augusta,37\nbob@example.org,Bob,,44\nnobody,No,,\n"


@pytest.fixture
def people(tmp_path: Path) -> Path:
    file = tmp_path / "people.csv"
    file.write_text(PEOPLE, "utf-8")
    return file


def look(operation: Any, *args: Any) -> Any:
    database = open_database(read_settings())
    with database.transaction(7132) as tx:
        found = operation(tx, *args)
    database.close()
    return found


def standing(email: str) -> Status:
    return look(check_status, 1, EmailAddress.parse(email))


def test_a_file_becomes_subscribers(staffetta, shop, people):
    done = staffetta("import", people, "--list", 1, "--json")

    assert {name: done.json[name] for name in ("rows", "created", "updated", "rejected", "skip")} == {
        "rows": 3,
        "created": 2,
        "updated": 0,
        "rejected": 1,
        "skip": 3,
    }
    assert "not imported: Shoe size" in done.err
    assert standing("ada@example.org") == Status.SUBSCRIBED
    assert look(recipient_by_email, "ada@example.org").fields == {"1": "Augusta"}


def test_a_second_time_changes_nothing(staffetta, shop, people):
    staffetta("import", people, "--list", 1)

    again = staffetta("import", people, "--list", 1, "--json").json

    assert (again["created"], again["updated"]) == (0, 2)


def test_standard_input_is_read(executable, shop):
    done = executable("import", "-", "--list", 1, "--json", given="ada@example.org\n")

    assert done.json["created"] == 1


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), Status.UNSUBSCRIBED),
        (("--as", "forced"), Status.SUBSCRIBED),
        (("--as", "forced", "--confirm"), Status.PENDING),
    ],
)
def test_who_has_left_comes_back_only_by_force(staffetta, shop, people, options, expected):
    staffetta("import", people, "--list", 1, "--as", "unsubscribed")

    staffetta("import", people, "--list", 1, *options)

    assert standing("ada@example.org") == expected


def test_a_confirmation_is_prepared_and_held(staffetta, shop, people):
    done = staffetta("import", people, "--list", 1, "--confirm", "--json").json

    assert done["sending_id"] == 1
    assert staffetta("outbox", "show", "--json").json["held"] == 2


def test_groups_are_joined(staffetta, shop, people):
    group = staffetta("group", "add", "Readers", "--list", 1, "--json").json["id"]

    staffetta("import", people, "--list", 1, "--group", group)

    ada = look(recipient_by_email, "ada@example.org")
    assert set(look(get_profile, ada.id).groups) == {group}


def test_a_rehearsal_counts_and_changes_nothing(staffetta, shop, people):
    done = staffetta("import", people, "--list", 1, "--dry-run", "--confirm", "--json").json

    assert (done["created"], done["rejected"], done["dry_run"]) == (2, 1, True)
    assert standing("ada@example.org") == Status.NOT_REGISTERED


def test_rows_that_were_not_taken_are_written_with_the_reason(staffetta, shop, people, tmp_path):
    staffetta("import", people, "--list", 1, "--rejected", tmp_path / "rejected.csv")

    assert (tmp_path / "rejected.csv").read_text("utf-8").splitlines() == [
        "reason,email,name,campo1,Shoe size",
        "invalid email address,nobody,No,,",
    ]


def test_rows_that_were_done_are_passed_over(staffetta, shop, people):
    done = staffetta("import", people, "--list", 1, "--skip", 1, "--json").json

    assert (done["rows"], done["created"], done["skip"]) == (2, 1, 3)
    assert standing("ada@example.org") == Status.NOT_REGISTERED


@pytest.mark.parametrize(
    ("words", "code", "reason"),
    [
        (("--list", 9), 1, "there is no list 9"),
        (("--list", 1, "--group", 99), 1, "no group 99"),
        (("--list", 1, "--account", 9), 1, "account"),
        (("--list", 1, "--delimiter", "::"), 2, "one character"),
        (("--list", 1, "--map", "email"), 2, "Column=email"),
        (("--list", 1, "--map", "nobody=email"), 1, "no column nobody"),
    ],
)
def test_mistakes_are_told_before_anything_changes(  # noqa: PLR0917 - fixtures and a case
    staffetta, shop, people, words, code, reason
):
    done = staffetta("import", people, *words)

    assert done.code == code
    assert reason in done.err
    assert standing("ada@example.org") == Status.NOT_REGISTERED


def test_a_file_that_is_broken_far_down_says_how_to_go_on(staffetta, shop, tmp_path):
    file = tmp_path / "broken.csv"
    people = "".join(f"person{number}@example.org\n" for number in range(700))
    file.write_text(f'email\n{people}"nobody@example.org\n{"x" * 1_000_001}')

    done = staffetta("import", file, "--list", 1)

    assert done.code == 1
    assert "line 703: field larger than field limit" in done.err
    assert "The first 500 rows are done; once that is mended, go on with --skip 500" in done.err
    file.write_text(f"email\n{people}")
    assert staffetta("import", file, "--list", 1, "--skip", 500, "--json").json["created"] == 200


def test_a_list_goes_out_and_comes_back(staffetta, shop, tmp_path):
    given = tmp_path / "given.csv"
    given.write_text(
        'email;mobile;name;campo1;campo40\nada@example.org;+393351234567;=1+1;@SUM(A1);"a ""b"";\nc"\n'
        "bob@example.org;;;;\n"
    )
    staffetta("import", given, "--list", 1)
    staffetta("export", "--list", 1, "--output", tmp_path / "out.csv")
    staffetta("list", "add", "Other", "--id", 2)

    again = staffetta("import", tmp_path / "out.csv", "--list", 2, "--json")
    printed = staffetta("export", "--list", 2)

    assert again.json["updated"] == 2
    rows = list(csv.DictReader(io.StringIO(printed.out)))
    assert [row["email"] for row in rows] == ["ada@example.org", "bob@example.org"]
    assert (rows[0]["mobile"], rows[0]["name"], rows[0]["nome"]) == ("00393351234567", "'=1+1", "'@SUM(A1)")
    ada = look(recipient_by_email, "ada@example.org")
    assert (ada.name, ada.fields) == ("=1+1", {"1": "@SUM(A1)", "40": 'a "b";\nc'})


def test_whom_to_export_is_a_choice(staffetta, shop, people):
    staffetta("import", people, "--list", 1)
    staffetta("import", "-", "--list", 1, "--as", "unsubscribed", "--map", "1=email", "--skip", 0)

    subscribed = staffetta("export", "--list", 1).out.splitlines()
    pending = staffetta("export", "--list", 1, "--status", "pending").out.splitlines()
    everybody = staffetta("export", "--list", 1, "--status", "all").out.splitlines()

    assert (len(subscribed), len(pending), len(everybody)) == (3, 1, 3)
    assert staffetta("export", "--list", 9).code == 1


@pytest.mark.slow
def test_an_interrupted_import_says_how_to_go_on(home, shop, tmp_path):
    file = tmp_path / "many.csv"
    file.write_text("email\n" + "".join(f"person{number}@example.org\n" for number in range(300_000)))
    words = [EXECUTABLE, "import", file, "--list", "1", "--json"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(2.5)

    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)

    done = __import__("json").loads(out)
    assert process.returncode == 130
    assert 0 < done["rows"] == done["created"] == done["skip"] < 300_000
    assert f"--skip {done['skip']}" in err
