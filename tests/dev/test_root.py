"""As root, PostgreSQL runs as another account, and nothing outside the clone changes."""

import os
from pathlib import Path

import pytest

from tests.dev.checkout import Checkout

pytestmark = [
    pytest.mark.proof,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root"),
]


def test_root_changes_nothing_outside_the_clone(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    checkout = Checkout(closed / "clone")
    folders = [checkout.folder, *checkout.folder.parents]
    before = [(folder.stat().st_mode, folder.stat().st_uid) for folder in folders]
    accounts = Path("/etc/passwd").read_text()

    assert checkout.postgres("start").returncode == 0
    try:
        server = (checkout.cluster / "postmaster.pid").read_text().split()[0]
        assert Path(f"/proc/{server}").stat().st_uid == checkout.cluster.stat().st_uid != 0
    finally:
        checkout.postgres("stop")

    assert [(folder.stat().st_mode, folder.stat().st_uid) for folder in folders] == before
    assert Path("/etc/passwd").read_text() == accounts
