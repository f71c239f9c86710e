"""The embedded PostgreSQL server: one for each checkout, shared by all commands."""

import fcntl
import os
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from dev import cluster
from dev.cluster import CLUSTER, PASSWORD, ROLE
from dev.process import DATA, Failure, free_port, locked, undisturbed

PID_FILE = CLUSTER / "postmaster.pid"
LOG = DATA / "postgres.log"
KEPT = CLUSTER / "kept"
PATIENCE = 60  # seconds for a start (also after a crash) and for a stop

# Creating a tenant of 100 tables holds about 1,800 locks. The catalogs of a thousand small tenants
# are 260 MB, more than the default shared_buffers of 128 MB. A crash may lose the last commits, but
# must not damage the cluster: synchronous_commit is off, fsync stays on.
SETTINGS = (
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "max_connections=200",
    "max_locks_per_transaction=256",
    "shared_buffers=512MB",
    "synchronous_commit=off",
)

# The messages of 57P03 and 53300: libpq does not report the code of a failed connection.
# https://www.postgresql.org/docs/18/errcodes-appendix.html
BUSY = re.compile("the database system is|too many clients|connection slots")

# Higher than any process id of Linux or macOS.
NO_PROCESS = 2**31 - 1


@contextmanager
def running() -> Iterator[str]:
    """Run the server at least until the end of the block; yield its URL.

    Each user holds a shared lock, which the system releases even if the user is killed. The last
    user stops the server, except after `keep`. Raises `Failure` if the server does not start.
    """
    DATA.mkdir(exist_ok=True)
    with open(DATA / "users.lock", "w") as users:
        try:
            with locked("server"):
                fcntl.flock(users, fcntl.LOCK_SH)
                url = _start()
            yield url
        finally:
            with locked("server"):
                if _is_last(users.fileno()) and not KEPT.exists():
                    _stop()


def keep() -> None:
    """Start the server until `stop`. Raises `Failure` if it does not start."""
    with locked("server"):
        _start()
        KEPT.touch()


def stop() -> None:
    """Stop the server, even if commands use it."""
    with locked("server"):
        _stop()


def find() -> str | None:
    """Return the URL of this checkout's server; None if it is not running.

    It runs if a connection with its password works. The process id and the port in postmaster.pid
    do not prove it: other processes can have them by now. Raises `Failure` if the server accepts no
    connection for `PATIENCE` seconds.
    """
    deadline = time.monotonic() + PATIENCE
    while port := _recorded_port():
        password = PASSWORD.read_text()
        result = _connect(port, password)
        if result.returncode == 0:
            return f"postgresql://{ROLE}:{password}@127.0.0.1:{port}/{ROLE}"
        if not BUSY.search(result.stderr):
            return None
        if time.monotonic() > deadline:
            raise Failure(
                f"PostgreSQL on port {port} accepts no connection: {result.stderr.strip()}"
            )
        time.sleep(0.1)
    return None


def _recorded_port() -> str | None:
    # The fourth line: https://www.postgresql.org/docs/18/storage-file-layout.html
    try:
        lines = PID_FILE.read_text().splitlines()
    except FileNotFoundError:
        return None
    return lines[3] if len(lines) > 3 else None


def _connect(port: str, password: str) -> subprocess.CompletedProcess[str]:
    target = {"PGHOST": "127.0.0.1", "PGPORT": port, "PGUSER": ROLE, "PGDATABASE": ROLE}
    secret = {"PGPASSWORD": password, "PGCONNECT_TIMEOUT": "5"}
    return subprocess.run(
        [cluster.programs() / "psql", "--no-psqlrc", "--no-password", "--command=SELECT"],
        env=cluster.environment() | target | secret,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )


def _start() -> str:
    cluster.ensure_cluster()
    if url := find():
        return url
    _replace_process_id()
    cluster.allow_roles()
    KEPT.unlink(missing_ok=True)
    deadline = time.monotonic() + PATIENCE
    # "in use" is temporary: another process took the port, or a killed server still ends.
    while not (url := _launch(free_port())):
        log = LOG.read_text().strip()
        if "in use" not in log or time.monotonic() > deadline:
            reason = log.rpartition("\n")[2]
            raise Failure(f"PostgreSQL does not start: {reason} (more in {LOG})")
    return url


def _replace_process_id() -> None:
    # PostgreSQL does not start if the process id in the file exists, even as another process. With
    # an impossible id, it still checks whether the shared memory in the file is in use.
    if PID_FILE.exists():
        rest = PID_FILE.read_text().partition("\n")[2]
        PID_FILE.write_text(f"{NO_PROCESS}\n{rest}")


def _launch(port: int) -> str | None:
    settings = [f"-c{setting}" for setting in (f"port={port}", *SETTINGS)]
    # In a new session, the server gets no signals from the terminal. Signals to this process wait
    # until the server can be found and stopped; the server does not keep the inherited mask.
    with undisturbed(), LOG.open("w") as log:
        process = subprocess.Popen(
            cluster.as_owner(CLUSTER, "postgres", "-D", str(CLUSTER), *settings),
            env=cluster.environment() | {"LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        while process.poll() is None:
            if url := find():
                return url
            time.sleep(0.05)
    return None


def _stop() -> None:
    if not find():
        return
    process_id = int(PID_FILE.read_text().partition("\n")[0])
    stop = cluster.as_owner(CLUSTER, "pg_ctl", "stop", "-D", str(CLUSTER), "-t", str(PATIENCE))
    with undisturbed():
        for mode in ("fast", "immediate"):
            if subprocess.run([*stop, "-m", mode], stdout=subprocess.DEVNULL).returncode == 0:
                break
        # Without an init process, a server that this process started would stay a zombie.
        with suppress(ChildProcessError):
            os.waitpid(process_id, 0)


def _is_last(users: int) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
