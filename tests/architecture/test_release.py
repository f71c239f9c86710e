"""OpenAPI document, documentation and changelog have the version of the code.

`tests/tenantry/test_wheel.py` checks the version of the wheel.
"""

import re
from pathlib import Path

import yaml
from django.test import Client

from tenantry import __version__

ROOT = Path(__file__).parents[2]


def test_the_openapi_document_has_the_version_of_the_code() -> None:
    document = yaml.safe_load(Client().get("/api/schema/").content)

    assert document["info"]["version"] == __version__


def headings() -> list[str]:
    return re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)


def test_the_documentation_installs_the_newest_release() -> None:
    page = (ROOT / "docs" / "engine.md").read_text()
    newest = next(name for name in headings() if name != "Unreleased")

    assert re.findall(r"tenantry\.git@v([\d.]+)", page) == [newest]


def test_the_changelog_begins_with_the_version_or_with_unreleased() -> None:
    assert headings()[0] == ("Unreleased" if ".dev" in __version__ else __version__)
