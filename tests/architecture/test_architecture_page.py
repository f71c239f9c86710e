"""docs/architecture.md lists every folder."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "architecture.md"
LINKS = re.findall(r"\]\(([^)#]+)\)", PAGE.read_text())


@pytest.mark.parametrize("parent", ["tenantry", "shared_apps"])
def test_every_package_is_on_the_page(parent: str) -> None:
    linked = {(PAGE.parent / link).resolve() for link in LINKS}
    packages = {each.parent.resolve() for each in (ROOT / parent).glob("*/__init__.py")}

    assert packages <= linked
