"""Messages in double quotes on the operators' pages are messages of the code."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("tenantry", "shared_apps", "config")
FENCED = re.compile(r"^```.*?^```|^    .*?$", re.MULTILINE | re.DOTALL)
QUOTED = re.compile(r'(?<![\w.=])"([^"|]+ [^"|]+ [^"|]+)"')  # three words or more
EXAMPLES = re.compile(r"'acme'|notes_note")
VALUE = "\0"


def text_of(node: ast.AST) -> str | None:
    """Return a string of the code, with `VALUE` for each value of an f-string or of logging."""
    if isinstance(node, ast.JoinedStr):
        return "".join(text_of(part) or VALUE for part in node.values)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return re.sub(r"%[sd]", VALUE, node.value)
    return None


@pytest.fixture(scope="module")
def messages() -> str:
    files = [file for folder in FOLDERS for file in (ROOT / folder).rglob("*.py")]
    nodes = [node for file in files for node in ast.walk(ast.parse(file.read_text()))]
    return "\n".join(filter(None, map(text_of, nodes)))


@pytest.mark.parametrize("page", ["runbook", "commands"])
def test_an_operator_finds_each_quoted_message_in_the_code(page: str, messages: str) -> None:
    prose = " ".join(FENCED.sub("", (ROOT / "docs" / f"{page}.md").read_text()).split())
    quoted = QUOTED.findall(prose)

    assert [each for each in quoted if EXAMPLES.sub(VALUE, each) not in messages] == []
    assert quoted
