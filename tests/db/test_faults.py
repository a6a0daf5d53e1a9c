import pytest

from db.playing import execute, put
from staffetta.db import DatabaseUnavailable, open_database
from staffetta.db.upgrading import upgrade
from staffetta.settings import Settings


@pytest.fixture
def file(tmp_path):
    return tmp_path / "faulty.db"


@pytest.fixture
def faulty(file):
    url = f"sqlite:///{file}"
    upgrade(url)
    database = open_database(Settings(database=url))
    with database.transaction(1) as tx:
        for number in range(500):
            put(tx, f"{number} {'x' * 200}")
    execute_alone(database, "PRAGMA wal_checkpoint(TRUNCATE)")
    return database


def execute_alone(database, statement):
    session = database._open()
    session.cursor.execute(statement).fetchall()
    session.connection.close()


def overwrite(file, start, octets):
    with file.open("r+b") as opened:
        opened.seek(start)
        opened.write(octets)


def test_a_sound_database_has_no_faults(own_database):
    assert own_database.find_faults() == []


def test_a_damaged_page_is_found(file, faulty):
    overwrite(file, file.stat().st_size - 20 * 4096, b"\xa5" * 4096 * 12)

    assert faulty.find_faults()


def test_a_damaged_schema_is_found(file, faulty):
    overwrite(file, 100, b"\xa5" * 3000)

    assert faulty.find_faults()


def test_a_file_that_is_no_database_is_found(file, faulty):
    overwrite(file, 0, b"not a database at all")

    assert faulty.find_faults()


def test_a_file_that_was_cut_short_is_found(file, faulty):
    with file.open("r+b") as opened:
        opened.truncate(file.stat().st_size // 2)

    assert faulty.find_faults()


def test_a_row_that_points_to_nothing_is_found(faulty):
    session = faulty._open()
    session.cursor.execute("PRAGMA foreign_keys=OFF")
    session.cursor.execute("INSERT INTO fields (account_id, id, name) VALUES (424242, 1, 'of nobody')")
    session.connection.close()

    assert faulty.find_faults() == ["fields: a row points to nothing"]


def test_a_damaged_file_is_unavailable_to_operations(file, faulty):
    overwrite(file, 0, b"not a database at all")

    with pytest.raises(DatabaseUnavailable), faulty.connection() as connection:
        execute(connection, "SELECT 1 FROM recipients")
