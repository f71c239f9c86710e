"""`python -m dev.postgres exec` does not change how a command behaves."""

import os
import signal

import pytest

from tests.dev.checkout import Checkout, read_until

SERVER = {"DATABASE_URL": "postgresql://somewhere/else"}
WAIT = "echo ready; read line"


def test_database_url_is_used_without_an_embedded_server(checkout: Checkout) -> None:
    done = checkout.postgres("exec", "--", "sh", "-c", 'echo "$DATABASE_URL"', **SERVER)
    assert done.stdout.strip() == SERVER["DATABASE_URL"]
    assert not checkout.cluster.exists()


def test_all_commands_of_a_checkout_have_the_same_secret_key(checkout: Checkout) -> None:
    say = ("exec", "--", "sh", "-c", 'echo "$SECRET_KEY"')
    key = checkout.postgres(*say, **SERVER).stdout.strip()
    assert len(key) > 50
    assert checkout.postgres(*say, **SERVER).stdout.strip() == key
    assert checkout.postgres(*say, **SERVER, SECRET_KEY="mine").stdout.strip() == "mine"


def test_the_exit_status_is_that_of_the_command(checkout: Checkout) -> None:
    assert checkout.postgres("exec", "--", "sh", "-c", "exit 7", **SERVER).returncode == 7


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_reaches_the_command(checkout: Checkout, number: signal.Signals) -> None:
    script = f"trap 'exit 9' {number.name[3:]}; {WAIT}"
    with checkout.popen_postgres("exec", "--", "sh", "-c", script, **SERVER) as process:
        read_until(process, "ready")
        os.kill(process.pid, number)
        assert process.wait(10) == 9


def test_a_command_killed_by_a_signal_has_the_status_of_a_shell(checkout: Checkout) -> None:
    with checkout.popen_postgres("exec", "--", "sh", "-c", WAIT, **SERVER) as process:
        read_until(process, "ready")
        process.terminate()
        assert process.wait(10) == 128 + signal.SIGTERM


def test_an_unknown_command_is_an_error_of_one_line(checkout: Checkout) -> None:
    done = checkout.postgres("exec", "--", "no-such-command", **SERVER)
    assert done.returncode == 1
    assert done.stderr == "No such file or directory: no-such-command\n"
