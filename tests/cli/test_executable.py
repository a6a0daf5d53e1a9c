"""The command as people and programs run it: in a process of its own, beside a running server."""

import os
import signal
import subprocess

import msgspec
import pytest

from .conftest import EXECUTABLE


def test_programs_read_one_json_object(executable, shop):
    done = executable("list", "add", "News", "--account", "7132", "--json")

    assert (done.code, done.err) == (0, "")
    assert done.out.count("\n") == 1
    assert {"id", "guid"} <= set(done.json)


def test_people_read_a_table_that_a_pipe_keeps_whole_and_without_colours(executable, shop):
    done = executable("list", "show", COLUMNS="20")

    assert "\x1b" not in done.out
    assert len(done.out.splitlines()) == 2
    assert done.out.splitlines()[0].split() == ["id", "guid", "name"]


def test_a_refusal_is_one_line_and_no_stack_trace(executable):
    done = executable("list", "show", "--json")

    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("error: ")
    assert done.err.count("\n") == 1


@pytest.mark.slow
def test_commands_work_beside_a_running_server(executable, home):
    with subprocess.Popen(
        [EXECUTABLE, "up", "--demo", "--json", "--bind", "127.0.0.1:0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=os.environ,
    ) as server:
        assert server.stdout
        ready = msgspec.json.decode(server.stdout.readline())

        added = executable("list", "add", "News", "--account", ready["account_id"], "--json").json
        second = executable("up", "--bind", "127.0.0.1:0")

        server.send_signal(signal.SIGTERM)
        assert server.wait(30) == 0
    assert (ready["list_id"], added["id"]) == (1, 2)
    assert (second.code, "another server" in second.err) == (1, True)
