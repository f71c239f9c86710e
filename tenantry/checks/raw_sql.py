"""A deployment check of the project's code: values in the text of raw SQL can be SQL injection."""

import ast
import re
import tokenize
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.apps import AppConfig, apps
from django.core.checks import (
    CheckMessage,
    Tags,
    Warning,  # noqa: A004 (Django's name)
    register,
)

from .interpolation import interpolations

_LIBRARIES = {"site-packages", "dist-packages"}
_TEST = re.compile(r"tests?(_.*)?(\.py)?")
# Parsing takes most of the time, and most modules have no raw SQL.
_HAS_SQL = re.compile(r"\b(?:execute|executemany|copy_expert|extra|raw|RawSQL|RunSQL|SQL)\(")
_CODE = r"[A-Z]+\d+"
_EXIT = re.compile(rf"#\s*(?i:noqa):\s*(?P<codes>{_CODE}(?:[\s,]+{_CODE})*)(?P<reason>.*)")


# Not at each start: it parses every module that has raw SQL.
@register(Tags.security, deploy=True)
def check_raw_sql(app_configs: Any = None, **_: Any) -> list[CheckMessage]:
    """Find SQL with values in its text, in the modules of apps that are not libraries."""
    installed = apps.get_app_configs() if app_configs is None else app_configs
    # An app can be inside of another.
    paths = dict.fromkeys(path for app in installed for path in _modules(app))
    return [
        Warning(
            f"{_shown(path)}:{line} puts values into the text of SQL: a value can become SQL.",
            hint="Pass values as parameters, and names by psycopg2.sql.Identifier. Where the "
            "values are safe, give the reason: # noqa: S608 (reason).",
            id="tenancy.W010",
        )
        for path in paths
        for line in _lines(path)
    ]


def _modules(app: AppConfig) -> Iterator[Path]:
    root = Path(app.path)
    if _LIBRARIES.intersection(root.parts):
        return
    for path in sorted(root.rglob("*.py")):
        own = path.relative_to(root).parts
        if not _LIBRARIES.intersection(own) and not any(map(_TEST.fullmatch, own)):
            yield path


def _lines(path: Path) -> list[int]:
    with suppress(SyntaxError, UnicodeDecodeError), tokenize.open(path) as file:
        source = file.read()
        if _HAS_SQL.search(source):
            return unexplained_lines(source)
    return []  # It is not Python, such as a template.


def unexplained_lines(source: str) -> list[int]:
    """Return the lines where SQL with values begins, except where a comment gives the reason."""
    lines, tree = source.splitlines(), ast.parse(source)
    return sorted(
        {
            text.lineno
            for text, call in interpolations(tree)
            if not any(_is_explained(_statement_of(tree, node), lines) for node in (text, call))
        }
    )


def _statement_of(tree: ast.Module, node: ast.expr) -> ast.expr | ast.stmt:
    """Return the statement with this expression, or the expression if other statements follow."""
    around = [
        each
        for each in ast.walk(tree)
        if isinstance(each, ast.stmt) and each.lineno <= node.lineno <= (each.end_lineno or 0)
    ]
    statement = max(around, key=lambda each: each.lineno)
    return node if hasattr(statement, "body") else statement


def _is_explained(node: ast.expr | ast.stmt, lines: list[str]) -> bool:
    comments = map(_EXIT.search, lines[node.lineno - 1 : node.end_lineno])
    return any(
        found and "S608" in found["codes"] and re.search(r"\w", found["reason"])
        for found in comments
    )


def _shown(path: Path) -> Path:
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
