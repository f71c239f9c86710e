"""Starts PostgreSQL and PgBouncer on a free port of 127.0.0.1 and stops them after the block."""

import os
import pwd
import re
import secrets
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2 import extensions

from dev.process import ROOT, free_port
from tests.processes import PATIENCE, wait_until_ready

POSTGRES_15 = "/usr/lib/postgresql/15/bin"
PGBOUNCER = "/usr/sbin/pgbouncer"


@dataclass(frozen=True, slots=True)
class Server:
    """Address and credentials of a database, named as in Django's DATABASES."""

    HOST: str
    PORT: str
    USER: str
    PASSWORD: str
    NAME: str

    @classmethod
    def of(cls, settings: dict[str, Any]) -> "Server":
        return cls(**{name: str(settings[name] or "") for name in cls.__annotations__})

    @property
    def url(self) -> str:
        return f"postgres://{self.USER}:{self.PASSWORD}@{self.HOST}:{self.PORT}/{self.NAME}"

    def connect(self) -> extensions.connection:
        """Open a psycopg2 connection without tenants, in autocommit."""
        connection = psycopg2.connect(
            host=self.HOST,
            port=self.PORT,
            user=self.USER,
            password=self.PASSWORD,
            dbname=self.NAME,
            connect_timeout=PATIENCE,
        )
        connection.autocommit = True
        return connection


@dataclass(slots=True)
class Program:
    """A server process that can be stopped and started again.

    Attributes:
        stop_signal: the signal for an orderly shutdown. The kernel also sends it if pytest dies.
    """

    server: Server
    command: tuple[str, ...]
    log: Path
    stop_signal: signal.Signals
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("w") as output:
            self.process = subprocess.Popen(
                _unprivileged(*self.command, when_pytest_dies=self.stop_signal),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd="/",
                # So that signals of the terminal reach pytest only, which then stops the program.
                start_new_session=True,
            )
        wait_until_ready(
            self.process, lambda: self.server.connect().close(), psycopg2.OperationalError, self.log
        )

    def stop(self) -> None:
        assert self.process
        self.process.send_signal(self.stop_signal)
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextmanager
def postgres_15() -> Iterator[Server]:
    with postgres(POSTGRES_15, "max_locks_per_transaction=256", "fsync=off") as program:
        yield program.server


def restricted_login(server: Server) -> Server:
    """Let a new login enforce TENANT_ROLES in databases that it creates, as in docs/isolation.md.

    It runs the statements for PostgreSQL 15 too, which later versions do not need.
    """
    login = replace(server, USER="service")
    template = replace(server, NAME="template1")
    page = (ROOT / "docs/isolation.md").read_text().partition("### What the server needs")[2]
    printed = re.findall(r"```sql\n(.*?)```", page.partition("\n## ")[0], re.DOTALL)
    with closing(template.connect()) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE ROLE service LOGIN CREATEDB PASSWORD %s", [login.PASSWORD])
        cursor.execute("".join(printed))
    return login


def own_database(login: Server) -> Server:
    """Create a database that the login owns."""
    with closing(login.connect()) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE DATABASE service")
    return replace(login, NAME="service")


@contextmanager
def postgres(programs: str, *settings: str) -> Iterator[Program]:
    """Run a new PostgreSQL with a superuser."""
    server = Server("127.0.0.1", str(free_port()), "tenantry", secrets.token_hex(16), "postgres")
    with _folder() as folder:
        password, data = folder / "password", folder / "data"
        password.write_text(server.PASSWORD)
        # PostgreSQL 15 has no builtin locale provider.
        initdb = (
            *(f"{programs}/initdb", "-D", str(data), "--encoding=UTF8", "--locale=C.UTF-8"),
            *("--username", server.USER, "--pwfile", str(password), "--auth=scram-sha-256"),
            "--no-sync",
        )
        subprocess.run(_unprivileged(*initdb), check=True, capture_output=True)
        own = ("listen_addresses=127.0.0.1", f"port={server.PORT}", "unix_socket_directories=")
        options = [f"-c{setting}" for setting in (*own, *settings)]
        # SIGINT is the "fast" shutdown: https://www.postgresql.org/docs/15/server-shutdown.html
        command = (f"{programs}/postgres", "-D", str(data), *options)
        with _running(Program(server, command, folder / "log", signal.SIGINT)) as program:
            yield program


@contextmanager
def pgbouncer(upstream: Server, *, server_connections: int) -> Iterator[Server]:
    """Run PgBouncer in transaction mode."""
    server = Server("127.0.0.1", str(free_port()), "client", secrets.token_hex(16), "pooled")
    with _folder() as folder:
        users, configuration = folder / "users", folder / "pgbouncer.ini"
        users.write_text(f'"{server.USER}" "{server.PASSWORD}"\n')
        target = (
            f"host={upstream.HOST} port={upstream.PORT} dbname={upstream.NAME} "
            # A server without authentication ignores the password, but PgBouncer needs one.
            f"user={upstream.USER} password={upstream.PASSWORD or 'none'}"
        )
        configuration.write_text(
            f"""
            [databases]
            {server.NAME} = {target}
            [pgbouncer]
            listen_addr = {server.HOST}
            listen_port = {server.PORT}
            unix_socket_dir =
            auth_type = scram-sha-256
            auth_file = {users}
            pool_mode = transaction
            default_pool_size = {server_connections}
            max_db_connections = {server_connections}
            max_client_conn = 500
            server_login_retry = 1
            """
        )
        command = (PGBOUNCER, "--quiet", str(configuration))
        with _running(Program(server, command, folder / "log", signal.SIGTERM)):
            yield server


@contextmanager
def _folder() -> Iterator[Path]:
    """Yield a folder. If this is root, its owner is `nobody`: both programs reject root."""
    with tempfile.TemporaryDirectory(prefix="tenantry-") as name:
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(name, nobody.pw_uid, nobody.pw_gid)
        yield Path(name)


def _unprivileged(*command: str, when_pytest_dies: signal.Signals = signal.SIGTERM) -> list[str]:
    """Return the command, run as `nobody` if this is root. It ends when pytest is killed."""
    options = ["--pdeathsig", when_pytest_dies.name.removeprefix("SIG")]
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        options += ["--reuid", str(nobody.pw_uid), "--regid", str(nobody.pw_gid), "--clear-groups"]
        # The programs can be in a folder of root, see `dev.cluster.as_owner`.
        options += ["--securebits", "+no_setuid_fixup"]
        options += ["--inh-caps", "+dac_override", "--ambient-caps", "+dac_override"]
    return ["setpriv", *options, "--", *command]


@contextmanager
def _running(program: Program) -> Iterator[Program]:
    try:
        program.start()
        yield program
    finally:
        program.stop()
