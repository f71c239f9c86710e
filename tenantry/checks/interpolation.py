"""Finds values in the text of raw SQL, in the syntax tree of a module.

It reads a name where the same module assigns it, and no other code: a text that a function returns,
or that another module assembles, is not found.
"""

import ast
from collections import defaultdict
from collections.abc import Iterator
from itertools import chain

# How many of their first arguments are SQL. `SQL` is psycopg's.
_FUNCTIONS = {"RawSQL": 1, "RunSQL": 2, "SQL": 1}
_METHODS = {"execute": 1, "executemany": 1, "copy_expert": 1, "raw": 1, **_FUNCTIONS}
_ARGUMENTS = {"sql", "query", "raw_query", "reverse_sql"}
_ARGUMENTS_OF_EXTRA = {"select", "where"}

# What quotes a value, or is a number.
_COMPOSED = {"SQL", "Identifier", "Literal", "Placeholder", "Composed"}
_NUMBERS = {"int", "len"}

_Scope = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_Bindings = dict[str, list[ast.expr | None]]
"""What a scope assigns to each name; None if it depends on the running program."""


def interpolations(module: ast.Module) -> list[tuple[ast.expr, ast.Call]]:
    """Return each text of SQL that contains a value, and the call that sends it."""
    finder = _Finder()
    finder.visit(module)
    return finder.found


class _Finder(ast.NodeVisitor):
    def __init__(self) -> None:
        self.found: list[tuple[ast.expr, ast.Call]] = []
        self._scopes: list[_Bindings] = []

    def generic_visit(self, node: ast.AST) -> None:
        if not isinstance(node, _Scope):
            super().generic_visit(node)
            return
        self._scopes.append(_bindings(node))
        super().generic_visit(node)
        self._scopes.pop()

    def visit_Call(self, node: ast.Call) -> None:
        for text in _texts(node):
            self.found += [(each, node) for each in self._interpolations(text)]
        self.generic_visit(node)

    def _interpolations(
        self, node: ast.expr | None, seen: frozenset[str] = frozenset()
    ) -> Iterator[ast.expr]:
        match node:
            case ast.Name(id=name) if name not in seen:
                for value in self._assigned(name):
                    yield from self._interpolations(value, seen | {name})
            case ast.IfExp(body=one, orelse=other):
                yield from self._interpolations(one, seen)
                yield from self._interpolations(other, seen)
            case ast.BoolOp(values=values):
                for value in values:
                    yield from self._interpolations(value, seen)
            case ast.NamedExpr(value=value):
                yield from self._interpolations(value, seen)
            case (
                ast.JoinedStr()
                | ast.BinOp(op=ast.Add() | ast.Mod())
                | ast.Call(func=ast.Attribute(attr="format" | "format_map"))
            ):
                if not self._is_constant(node) and not self._is_composed(node):
                    yield node

    def _is_constant(self, node: ast.expr | None, seen: frozenset[str] = frozenset()) -> bool:
        parts: list[ast.expr]
        match node:
            case ast.Constant():
                parts = []
            case ast.Name(id=name):
                assigned = self._assigned(name)
                return name in seen or (
                    assigned != []
                    and all(self._is_constant(value, seen | {name}) for value in assigned)
                )
            case ast.JoinedStr(values=parts) | ast.Tuple(elts=parts) | ast.List(elts=parts):
                pass
            case ast.FormattedValue(value=value, format_spec=how):
                parts = [value] if how is None else [value, how]
            case ast.BinOp(left=left, right=right):
                parts = [left, right]
            case ast.IfExp(body=one, orelse=other):
                parts = [one, other]
            case ast.Call(func=ast.Name(id=name)) if name in _NUMBERS:
                parts = []
            case ast.Call(func=ast.Attribute(value=text, attr="format")):
                parts = [text, *node.args, *(each.value for each in node.keywords)]
            case _:
                return False
        return all(self._is_constant(part, seen) for part in parts)

    def _is_composed(self, node: ast.expr | None, seen: frozenset[str] = frozenset()) -> bool:
        """Return whether it is psycopg's, which quotes what it puts in and adds no plain texts."""
        match node:
            case ast.Call() if _name(node) in _COMPOSED:
                return True
            case ast.Call(func=ast.Attribute(value=inner, attr="format" | "join")):
                return self._is_composed(inner, seen)
            case ast.BinOp(left=left, right=right):
                return self._is_composed(left, seen) or self._is_composed(right, seen)
            case ast.Name(id=name) if name not in seen:
                return any(
                    self._is_composed(value, seen | {name}) for value in self._assigned(name)
                )
        return False

    def _assigned(self, name: str) -> list[ast.expr | None]:
        for scope in reversed(self._scopes):
            if name in scope:
                return scope[name]
        return []


def _texts(call: ast.Call) -> Iterator[ast.expr]:
    """Yield the arguments that are SQL, also those in lists, and in pairs of SQL and parameters."""
    name = _name(call)
    number = (_METHODS if isinstance(call.func, ast.Attribute) else _FUNCTIONS).get(name, 0)
    arguments = _ARGUMENTS if number else _ARGUMENTS_OF_EXTRA if name == "extra" else set()
    named = (each.value for each in call.keywords if each.arg in arguments)
    for text in chain(call.args[:number], named):
        match text:
            case ast.List(elts=texts) | ast.Tuple(elts=texts) | ast.Dict(values=texts):
                yield from map(_first, texts)
            case _:
                yield text


def _first(node: ast.expr) -> ast.expr:
    match node:
        case ast.Tuple(elts=[first, *_]) | ast.List(elts=[first, *_]):
            return first
    return node


def _name(call: ast.Call) -> str:
    match call.func:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ""


def _bindings(scope: _Scope) -> _Bindings:
    bound: _Bindings = defaultdict(list)
    if isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        for node in ast.walk(scope.args):
            if isinstance(node, ast.arg):
                bound[node.arg].append(None)
    read: set[ast.expr] = set()
    for node in _own_nodes(scope):
        targets, value = _assignment(node)
        for target in targets:
            if isinstance(target, ast.Name):
                bound[target.id].append(value)
                read.add(target)
        # Any other assignment: unpacking, `with`, `except`.
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node not in read:
            bound[node.id].append(None)
    return bound


def _assignment(node: ast.AST) -> tuple[list[ast.expr], ast.expr | None]:
    match node:
        case ast.Assign(targets=targets, value=value):
            return targets, value
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            return [target], value
        case ast.NamedExpr(target=target, value=value):
            return [target], value
        case ast.AugAssign(target=target, op=operator, value=value):
            added = ast.BinOp(ast.Constant(""), operator, value)
            return [target], ast.copy_location(added, node)
        # Each is constant if all are.
        case ast.For(target=target, iter=value) | ast.comprehension(target=target, iter=value):
            return [target], value
    return [], None


def _own_nodes(scope: _Scope) -> Iterator[ast.AST]:
    """Yield the nodes of a scope without those of the scopes in it, each before its children."""
    waiting = list(ast.iter_child_nodes(scope))
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, _Scope):
            waiting += ast.iter_child_nodes(node)
