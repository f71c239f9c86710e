"""A folder for the files of each test."""

from pathlib import Path

import pytest
from pytest_django import Settings

from .files import save


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> Path:
    """The folder of all tenants, with a file of globex, and a secret file outside of it."""
    folder = tmp_path / "media"
    settings.MEDIA_ROOT = str(folder)
    save("globex", "report.txt", "globex's")
    (tmp_path / "secret.txt").write_text("the machine's")
    return folder
