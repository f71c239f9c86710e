"""docs/architecture.md lists every folder, and names code that exists."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "architecture.md"
LINKS = re.findall(r"\]\(([^)#]+)\)", PAGE.read_text())
# `name` in [file](../file.py), and `name` and `other` in [file](../file.py)
NAMED = re.compile(r"((?:`\w+`\sand\s)?`\w+`)(?:\(\))?\s(?:in|of)\s\[[^\]]+\]\(([^)#]+\.py)\)")


@pytest.mark.parametrize("parent", [".", "tenantry", "shared_apps", "tenant_apps"])
def test_every_folder_is_on_the_page(parent: str) -> None:
    folders = {ROOT / parent / name.split("/")[0] for name in tracked(parent) if "/" in name}

    assert folders
    assert {folder.resolve() for folder in folders} - linked() == set()


def test_every_module_of_the_engine_is_on_the_page() -> None:
    unlisted = {"__init__.py", "apps.py", "py.typed"}
    files = {name for name in tracked("tenantry") if "/" not in name} - unlisted

    assert {ROOT / "tenantry" / name for name in files} - linked() == set()


def test_every_app_is_on_the_page() -> None:
    apps = {ROOT / name for name in tracked(".") if re.search(r"^shared_apps/.+/apps\.py$", name)}

    assert {app.parent for app in apps} - linked() == set()


def linked() -> set[Path]:
    return {(PAGE.parent / link).resolve() for link in LINKS}


def tracked(folder: str) -> list[str]:
    return subprocess.check_output(["git", "ls-files"], cwd=ROOT / folder, text=True).split()


def test_every_name_is_in_the_file_that_the_page_links() -> None:
    found = NAMED.findall(PAGE.read_text())

    missing = [
        (name, link)
        for names, link in found
        for name in re.findall(r"`(\w+)`", names)
        if not re.search(
            rf"^\s*(?:def |class )?{name}\b", (PAGE.parent / link).read_text(), re.MULTILINE
        )
    ]

    assert len(found) > 10
    assert missing == []
