import pytest

from staffetta.db import open_database
from staffetta.errors import InvalidArgument
from staffetta.settings import Settings


@pytest.mark.parametrize("url", ["mysql://x", "staffetta.db", "sqlite:staffetta.db", "://", "postgresqlx://y"])
def test_a_url_of_no_database_of_ours_is_refused(url):
    with pytest.raises(InvalidArgument):
        open_database(Settings(database=url))


@pytest.mark.parametrize("scheme", ["postgresql", "postgres"])
def test_postgresql_is_named_by_either_of_its_names(scheme):
    database = open_database(Settings(database=f"{scheme}://nobody@nowhere.example/x"))

    assert database.dialect_name == "postgresql"
    database.close()


def test_the_folder_of_a_sqlite_file_is_made(tmp_path):
    database = open_database(Settings(database=f"sqlite:///{tmp_path}/a/b/c.db"))

    assert database.dialect_name == "sqlite"
    assert (tmp_path / "a" / "b").is_dir()
    database.close()
