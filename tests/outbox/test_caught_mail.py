import pytest

from outbox.planned import MINUTE, NOON
from staffetta.outbox import caught, caught_mail, count_caught, keep_caught


@pytest.fixture
def keep(connection):
    def keep(mail_id, subject, *, account_id=1):
        keep_caught(
            connection,
            [
                {
                    "account_id": account_id,
                    "id": mail_id,
                    "kind": "confirmation",
                    "to_address": f"to{mail_id}@example.org",
                    "from_address": "news@gazzetta.example",
                    "subject": subject,
                    "raw": b"Subject: \xe9\r\n\r\n\x00",
                    "caught_at": NOON + mail_id * MINUTE,
                }
            ],
        )

    return keep


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("", [5, 4, 3, 2, 1]),
        ("100%", [1]),
        ("%", [1]),
        ("_", [2]),
        ("a_b", [2]),
        ("\\", [4]),
        ("\\%", []),
        ("TO3@example", [3]),
        ("GAZZETTA", [5, 4, 3, 2, 1]),
        ("' OR 1=1 --", []),
        ("nobody", []),
    ],
)
def test_a_search_takes_every_character_for_itself(connection, keep, search, found):
    for mail_id, subject in enumerate(["100% free", "a_b", "axb", "back\\slash", "plain"], start=1):
        keep(mail_id, subject)

    mails = caught(connection, search=search, most=10, skipped=0)

    assert [mail.id for mail in mails] == found
    assert count_caught(connection, search=search) == len(found)


def test_caught_mails_come_newest_first_in_pages(connection, keep):
    for mail_id in range(1, 6):
        keep(mail_id, "Hello")

    pages = [[mail.id for mail in caught(connection, search="", most=2, skipped=skipped)] for skipped in (0, 2, 4, 6)]

    assert pages == [[5, 4], [3, 2], [1], []]


def test_one_mail_is_found_by_account_and_id_as_it_was_written(connection, keep):
    keep(1, "Ours")
    keep(1, "Theirs", account_id=2)

    mail = caught_mail(connection, 2, 1)

    assert (mail.subject, bytes(mail.raw)) == ("Theirs", b"Subject: \xe9\r\n\r\n\x00")
    assert caught_mail(connection, 3, 1) is None


def test_capitals_beyond_ascii_are_found_as_well(connection, keep):
    keep(1, "ÈVVIVA")

    assert [mail.id for mail in caught(connection, search="Èvviva", most=10, skipped=0)] == [1]
