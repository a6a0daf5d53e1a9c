import subprocess
import sys
from importlib.resources import files

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

import staffetta.access.tables
import staffetta.accounts.tables
import staffetta.campaigns.tables
import staffetta.imports.tables
import staffetta.lists.tables
import staffetta.outbox.tables
import staffetta.provisioning.tables
import staffetta.recipients.tables
import staffetta.senders.tables
import staffetta.sending.tables
import staffetta.tracking.tables  # noqa: F401 - every package's tables register with the metadata
from staffetta.db import DatabaseUnavailable, metadata
from staffetta.db.upgrading import HEAD, _engine, require_current, revision, upgrade
from staffetta.errors import FailedPrecondition


def tables_of(url):
    engine = _engine(url)
    with engine.connect() as connection:
        found = set(inspect(connection).get_table_names())
    engine.dispose()
    return found


def test_an_empty_database_is_refused_until_it_is_upgraded(empty_url):
    with pytest.raises(FailedPrecondition, match="staffetta db upgrade"):
        require_current(empty_url)

    upgrade(empty_url)

    require_current(empty_url)
    assert revision(empty_url) == HEAD


def test_migrations_and_server_share_one_copy_of_sqlite(tmp_path):
    program = (
        "import sys, staffetta.app, staffetta.cli\n"
        "from staffetta.db.upgrading import upgrade\n"
        f"upgrade('sqlite:///{tmp_path}/one.db')\n"
        "sys.exit(' '.join(name for name in sys.modules if 'sqlite3' in name))"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert done.stderr.strip() == ""


def test_a_second_upgrade_does_nothing(empty_url):
    first, second = upgrade(empty_url), upgrade(empty_url)

    assert (first, second) == (True, False)


def test_a_newer_database_is_refused(empty_url):
    upgrade(empty_url)
    engine = _engine(empty_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    engine.dispose()

    with pytest.raises(FailedPrecondition, match="9999"):
        require_current(empty_url)


def test_the_newest_migration_is_the_one_that_the_code_needs():
    config = Config()
    config.set_main_option("script_location", str(files("staffetta.db").joinpath("migrations")))

    assert ScriptDirectory.from_config(config).get_current_head() == HEAD


def test_the_migrated_tables_are_those_of_the_code(empty_url):
    upgrade(empty_url)
    engine = _engine(empty_url)

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, metadata)
    engine.dispose()

    assert differences == []


@pytest.mark.parametrize("settings", ["postgresql"], indirect=True, scope="session")  # any number of machines share it
def test_two_upgrades_at_once_end_well(empty_url):
    program = "import sys; from staffetta.db.upgrading import upgrade; upgrade(sys.argv[1])"
    processes = [
        subprocess.Popen([sys.executable, "-c", program, empty_url], stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]

    errors = [process.communicate(timeout=60)[1] for process in processes]

    assert [process.returncode for process in processes] == [0, 0], errors
    require_current(empty_url)


def test_an_upgrade_that_fails_leaves_the_database_as_it_was(empty_url):
    engine = _engine(empty_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE memberships (in_the_way INTEGER)")
    engine.dispose()

    with pytest.raises(Exception, match="memberships"):
        upgrade(empty_url)

    assert tables_of(empty_url) <= {"memberships", "alembic_version"}
    assert revision(empty_url) is None


ENTRY = (
    "INSERT INTO consents (account_id, id, recipient_id, address, list_id, channel, old_status, new_status, source, ip,"
    " user_agent, wording, happened_at, position, digest, chain)"
    " VALUES (7, {id}, {recipient}, 'a@example.org', 1, 0, {old}, {new}, 2, '', '', '', 5, {position}, {seal}, {seal})"
)


def test_what_the_ledger_says_is_kept_and_counted_by_the_upgrade(empty_url):
    upgrade(empty_url, "0001")
    engine = _engine(empty_url)
    seal = "x'00ff'" if empty_url.startswith("sqlite") else "'\\x00ff'::bytea"
    with engine.begin() as connection:
        for number, recipient, old, new, position in [
            (1, 9, 1, 2, 1),
            (2, 5_000, 1, 2, 2),
            (3, 9, 2, 3, 3),
            (4, 10, 1, 2, "NULL"),
        ]:
            entry = ENTRY.format(id=number, recipient=recipient, old=old, new=new, position=position, seal=seal)
            connection.exec_driver_sql(entry)

    upgrade(empty_url)

    with engine.begin() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM consents").scalar() == 4
        heads = connection.exec_driver_sql("SELECT account_id, position FROM ledger_heads").fetchall()
        counts = connection.exec_driver_sql(
            "SELECT status, block, members FROM subscription_counts WHERE members <> 0 ORDER BY status, block"
        ).fetchall()
    assert [tuple(each) for each in heads] == [(7, 3)]
    assert [tuple(each) for each in counts] == [(2, 1, 1), (3, 0, 1)]
    for statement in ("DELETE FROM consents", "UPDATE consents SET ip = '192.0.2.1'"):
        with pytest.raises(Exception, match="append-only"), engine.begin() as connection:
            connection.exec_driver_sql(statement)
    engine.dispose()


def test_a_database_that_cannot_be_reached_is_unavailable(tmp_path):
    with pytest.raises(DatabaseUnavailable):
        revision(f"sqlite:///{tmp_path}/absent/staffetta.db")
