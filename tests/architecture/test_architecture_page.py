"""docs/architecture.md shows a newcomer every folder, and its links lead somewhere."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "architecture.md"
LINKS = re.findall(r"\]\(([^)#]+)\)", PAGE.read_text())


@pytest.mark.parametrize("parent", ["tenantry", "shared_apps", "tenant_apps"])
def test_every_package_is_on_the_page(parent: str) -> None:
    linked = {(PAGE.parent / link).resolve() for link in LINKS}
    packages = {each.parent.resolve() for each in (ROOT / parent).glob("*/__init__.py")}

    assert packages <= linked


def test_every_link_leads_to_a_file_or_a_folder() -> None:
    assert [link for link in LINKS if not (PAGE.parent / link).exists()] == []
