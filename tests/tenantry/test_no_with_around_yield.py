"""No `with tenant_context()` and no `with cross_tenant()` in our code contains a `yield`.

The caller of the generator would get the tenant, or run without the guard. Decorate the generator.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONTEXTS = {"tenant_context", "schema_context", "cross_tenant", "several_statements"}
# In these, `yield` stands for the body of the caller's `with`.
CONTEXT_MANAGERS = {"contextmanager", "asynccontextmanager"}


def blocks_with_yield(source: str) -> list[int]:
    """Return the lines of each `with tenant_context(...)` that contains a `yield`."""
    functions = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and not CONTEXT_MANAGERS & {_name(decorator) for decorator in node.decorator_list}
    ]
    return [
        node.lineno
        for function in functions
        for node in _own_nodes(function)
        if isinstance(node, ast.With | ast.AsyncWith)
        and CONTEXTS & {_name(item.context_expr) for item in node.items}
        and any(isinstance(inner, ast.Yield | ast.YieldFrom) for inner in _own_nodes(node))
    ]


def _own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Walk the nodes of a node, but not the functions that it defines."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield child
            yield from _own_nodes(child)


def _name(node: ast.AST) -> str:
    if isinstance(node, ast.Call):
        return _name(node.func)
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


@pytest.mark.parametrize("folder", ["tenantry", "shared_apps", "tenant_apps", "config"])
def test_no_block_of_this_repository_contains_a_yield(folder: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in (ROOT / folder).rglob("*.py")
        for line in blocks_with_yield(path.read_text())
    ]
    assert found == []


@pytest.mark.parametrize(
    "source",
    [
        "def f():\n with tenant_context(a):\n  yield 1",
        "async def f():\n with tenant_context(a):\n  yield 1",
        "def f():\n with open(b), context.tenant_context(a) as c:\n  for d in e:\n   yield from d",
        "def f():\n with cross_tenant(reason=a):\n  yield 1",
        "def f():\n with schema_context('a'):\n  try:\n   pass\n  finally:\n   g = yield",
    ],
)
def test_a_yield_in_a_block_is_found(source: str) -> None:
    assert blocks_with_yield(source) == [2]


@pytest.mark.parametrize(
    "source",
    [
        "def f():\n with tenant_context(a):\n  return [b for b in c]\n yield 1",
        "@tenant_context(a)\ndef f():\n yield 1",
        "def f():\n with tenant_context(a):\n  def g():\n   yield 1",
        "@contextmanager\ndef f():\n with tenant_context(a):\n  yield",
        "def f():\n with open(a):\n  yield 1",
    ],
)
def test_other_code_is_not_found(source: str) -> None:
    assert blocks_with_yield(source) == []
