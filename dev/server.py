"""The embedded PostgreSQL server: one for each checkout, shared by all commands that need it."""

import fcntl
import os
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from dev import cluster
from dev.cluster import CLUSTER, PASSWORD, ROLE
from dev.process import DATA, Failure, locked, undisturbed

PID_FILE = CLUSTER / "postmaster.pid"
LOG = DATA / "postgres.log"
KEPT = CLUSTER / "kept"
PATIENCE = 60  # seconds for a start, after a crash say, and for a stop

# A tenant of 100 tables holds about 1,800 locks while it is made. A thousand small tenants take
# 260 MB with their catalogs, of which the default 128 MB would fetch some anew all the time. Losing
# the last moments before a crash is fine here, a damaged cluster is not: fsync stays on.
SETTINGS = (
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "max_connections=200",
    "max_locks_per_transaction=256",
    "shared_buffers=512MB",
    "synchronous_commit=off",
)

# The messages of 57P03 and 53300, since libpq keeps a failed connection's code to itself.
# https://www.postgresql.org/docs/18/errcodes-appendix.html
BUSY = re.compile("the database system is|too many clients|connection slots")

# Above every process id that Linux or macOS gives out.
NO_PROCESS = 2**31 - 1


@contextmanager
def running() -> Iterator[str]:
    """Use the server for the time of the block; gives its URL.

    A user is a shared lock, which a killed one drops by itself. The last one out stops the server,
    unless `keep` was called. Raises `Failure` when the server does not start.
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
    """Start the server to stay until `stop`, whoever uses it. Raises as `running` does."""
    with locked("server"):
        _start()
        KEPT.touch()


def stop() -> None:
    """Stop the server, also under its users."""
    with locked("server"):
        _stop()


def find() -> str | None:
    """The URL of this checkout's server, None when it is not running.

    Running means that a connection works with the password, which no other server knows: the
    process id and the port in postmaster.pid may be another's by now. Raises `Failure` when the
    server is there and lets nobody in for `PATIENCE` seconds.
    """
    deadline = time.monotonic() + PATIENCE
    while port := _recorded_port():
        password = PASSWORD.read_text()
        answer = _connect(port, password)
        if answer.returncode == 0:
            return f"postgresql://{ROLE}:{password}@127.0.0.1:{port}/{ROLE}"
        if not BUSY.search(answer.stderr):
            return None
        if time.monotonic() > deadline:
            raise Failure(f"PostgreSQL on port {port} lets nobody in: {answer.stderr.strip()}")
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
    _disown_pid_file()
    KEPT.unlink(missing_ok=True)
    deadline = time.monotonic() + PATIENCE
    # In use may be the port, taken since its choice, and for a moment what a killed server held.
    while not (url := _launch(_free_port())):
        log = LOG.read_text().strip()
        if "in use" not in log or time.monotonic() > deadline:
            reason = log.rpartition("\n")[2]
            raise Failure(f"PostgreSQL does not start: {reason} (more in {LOG})")
    return url


def _disown_pid_file() -> None:
    # PostgreSQL does not start while the process id in the file is alive, recycled or not. With one
    # that cannot be, it still refuses when the shared memory named there is in use.
    if PID_FILE.exists():
        rest = PID_FILE.read_text().partition("\n")[2]
        PID_FILE.write_text(f"{NO_PROCESS}\n{rest}")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _launch(port: int) -> str | None:
    settings = [f"-c{setting}" for setting in (f"port={port}", *SETTINGS)]
    # Its own session keeps the terminal's signals from the server. Those to this process wait until
    # the server can be found, and stopped; the server does not keep the mask it inherits.
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
        # A server that this process started would stay a zombie where no init collects those.
        with suppress(ChildProcessError):
            os.waitpid(process_id, 0)


def _is_last(users: int) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
