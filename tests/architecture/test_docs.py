"""Tests that the docs name exist."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def test_tests_named_by_the_security_page_exist() -> None:
    named = NAMED.findall((ROOT / "docs" / "security.md").read_text())

    missing = [
        f"{file}::{test}"
        for file, test in named
        if not (ROOT / file).exists() or f"def {test}(" not in (ROOT / file).read_text()
    ]

    assert len(named) > 20
    assert missing == []
