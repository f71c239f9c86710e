"""`make run`: database, migrations, demo data, worker, web server on HOST and PORT."""

import errno
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import NoReturn

from dev.environment import development
from dev.process import ROOT, Failure, main

PATIENCE = 60  # seconds for the web server to start
WEB_STOP = 10  # seconds for the web server to stop
WORKER_MARGIN = 15  # the same for the worker, after JOBS_GRACE; it kills its processes after 10
MANAGE = [sys.executable, str(ROOT / "manage.py")]

BANNER = """
Tenantry is ready: {url}/    (Ctrl-C stops it)

  API            {url}/api/
  documentation  {url}/api/docs/
  admin          {url}/admin/
  mail           {url}/dev/mail/

  Sign in as                      password
  rich_dude  h@gmail.com          ovious_password1   owner of client1
  poor_dude  p@gmail.com          ovious_password2   owner of client2
  staff      staff@example.com    tenantry-demo      staff
"""


def run() -> int:
    """Serve until Ctrl-C; then return 0, so that make reports no error."""
    try:
        serve()
    except SystemExit as end:
        if end.code != 128 + signal.SIGINT:
            raise
    print("\nStopped.")
    return 0


def serve() -> NoReturn:
    """Serve until a signal.

    Raises `Failure` if HOST or PORT cannot be used, a step fails, or the web server ends.
    """
    host, port = os.environ.get("HOST") or "127.0.0.1", os.environ.get("PORT") or "8000"
    _check_address(host, port)
    with development() as environment:
        environment |= {
            "DEBUG": "true",
            "ALLOWED_HOSTS": _allowed_hosts(host),
            "PUBLIC_URL": os.environ.get("PUBLIC_URL") or _url(host, port),
        }
        for line in _manage(environment, "migrate", "--noinput").splitlines():
            if "Applying" in line:
                print(line, flush=True)
        if "TENANT_ROLES" not in environment:
            # For organizations from before 0.3.
            _manage(environment, "enforce_wall")
        if subprocess.run([*MANAGE, "load_demo"], env=environment).returncode != 0:
            raise Failure("The demo could not be loaded: see above.")
        with (
            running_worker(environment),
            _running(
                "runserver",
                f"{_in_url(host)}:{port}",
                patience=WEB_STOP,
                environment=environment | {"DJANGO_RUNSERVER_HIDE_WARNING": "true"},
            ) as process,
        ):
            url = _wait_until_ready(process, host, port)
            print(BANNER.format(url=url), flush=True)
            raise Failure(f"The web server ended with exit status {process.wait()}.")


def _check_address(host: str, port: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, int(port)))
        except (ValueError, OverflowError):
            raise Failure(f"PORT={port}: use a number from 1 to 65535.") from None
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise Failure(f"Port {port} is taken: PORT={int(port) + 1} make run") from None
            raise Failure(f"Cannot serve on {host}, port {port}: {error.strerror}") from None


def _allowed_hosts(host: str) -> str:
    given = os.environ.get("ALLOWED_HOSTS")
    # A server on all addresses can get requests for any host name.
    own = "*" if host in ("0.0.0.0", "::") else _in_url(host)
    names = [*([given] if given else []), ".localhost", "127.0.0.1", "[::1]", own]
    return ",".join(dict.fromkeys(names))


def _url(host: str, port: str) -> str:
    """Return the address at which a browser of this machine reaches the server."""
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://{_in_url(reachable)}:{port}"


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _manage(environment: dict[str, str], *command: str) -> str:
    """Run a command and return its output. Raises `Failure` with the output if it fails."""
    done = subprocess.run(
        [*MANAGE, *command],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode != 0:
        raise Failure(f"{done.stdout}{command[0]} failed: see above.")
    return done.stdout


def running_worker(
    environment: dict[str, str],
) -> AbstractContextManager[subprocess.Popen[bytes]]:
    """Run a worker during a block. After it, its tasks can end, or it gives them back."""
    grace = int(environment.get("JOBS_GRACE") or 20)
    return _running("run_jobs", "--reload", environment=environment, patience=grace + WORKER_MARGIN)


@contextmanager
def _running(
    *command: str, environment: dict[str, str], patience: float
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command in the background, and stop it after the block.

    Args:
        patience: the seconds until it is killed.
    """
    # A new process group, to end the child processes too.
    process = subprocess.Popen(
        [*MANAGE, *command],
        env=environment | {"PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        process_group=0,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=patience)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait_until_ready(process: subprocess.Popen[bytes], host: str, port: str) -> str:
    url = _url(host, port)
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise Failure(f"The web server did not start, exit status {process.returncode}.")
        with suppress(OSError), direct.open(f"{url}/healthz", timeout=5):
            return url
        time.sleep(0.1)
    raise Failure(f"{url}/healthz does not respond within {PATIENCE} seconds: see above.")


if __name__ == "__main__":
    main(run)
