"""Links and #anchors of the docs, pages that the code names, and the length of the docs' lines."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
CODE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]*))?\)")
NAMED = re.compile(r"(?<!/)\bdocs/[\w-]+\.md")
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
LONG = 150  # lines
WIDTH = 100  # characters


def prose(page: Path) -> str:
    return CODE.sub("", page.read_text())


def anchors(page: Path) -> set[str]:
    return {anchor_of(heading) for heading in HEADING.findall(prose(page))}


def anchor_of(heading: str) -> str:
    """Return GitHub's anchor: lower case, no punctuation, hyphens for spaces."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if len(page.read_text().splitlines()) > LONG],
    ids=lambda page: str(page.relative_to(ROOT)),
)
def test_a_long_page_begins_with_its_contents(page: Path) -> None:
    top, _, rest = prose(page).partition("\n## ")
    linked = {anchor for path, anchor in LINK.findall(top) if not path}

    sections = re.findall(r"^## (.*)$", f"## {rest}", re.MULTILINE)

    assert [each for each in sections if anchor_of(each) not in linked] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_exist(page: Path) -> None:
    broken = []
    for path, anchor in LINK.findall(prose(page)):
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(f"{path}#{anchor}")

    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_prose_has_short_lines(page: Path) -> None:
    """Tables and code, in fences or indented, may have longer ones."""
    lines = [line for line in prose(page).splitlines() if not line.startswith(("|", "    "))]

    assert [line for line in lines if len(line) > WIDTH] == []


@pytest.mark.parametrize("folder", ["config", "shared_apps", "tenant_apps", "tenantry", "tests"])
def test_pages_that_the_code_names_exist(folder: str) -> None:
    code = "".join(file.read_text() for file in (ROOT / folder).rglob("*.py"))

    assert [each for each in {*NAMED.findall(code)} if not (ROOT / each).exists()] == []
