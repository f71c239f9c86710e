"""Reads the structure of a schema from PostgreSQL's catalog, and compares two structures.

A description contains no schema name and no oid, because it is read with only the schema in
search_path. Only text in the catalog can name the schema, mostly bodies of functions;
`SchemaDescription.renamed` replaces the name there.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, NamedTuple, cast

from django.db import connection

from tenantry.context import tenant_context
from tenantry.roles import as_owner
from tenantry.sql import read_sql

# Placeholder for the schema's name. PostgreSQL's texts cannot contain this character.
ANY_SCHEMA = "\0"

COLUMN_KINDS = ("column", "generated column")
_CODE = ("function", "procedure")
_WITH_OPTIONS = ("index", "exclusion constraint")

_OBJECTS = read_sql("schema_objects")
_PRIVILEGES = read_sql("privileges")
_TEXT_LITERAL = r"'(?:[^']|'')*'::character varying(?:\(\d+\))?"
_ARRAY_CAST = re.compile(
    rf"(?P<open>\()?ARRAY\[(?P<items>{_TEXT_LITERAL}(?:, {_TEXT_LITERAL})*)\](?(open)\))::text\[\]"
)
# The server sets options with names that begin with pg_. SQL can set all others, also those that
# extensions define.
_OWN_OPTION = r"pg_\w+=(?:'(?:[^']|'')*'|\w*)"
_OWN_OPTIONS = re.compile(
    rf" (?:WITH )?\({_OWN_OPTION}(?:, {_OWN_OPTION})*\)|{_OWN_OPTION}, |, {_OWN_OPTION}"
)
_EXCERPT = 120  # characters of a definition that a difference shows


class SchemaObject(NamedTuple):
    """One object of a schema, with names and definition as in SQL."""

    kind: str
    parent: str
    name: str
    definition: str
    comment: str | None

    def __str__(self) -> str:
        label = f"{self.kind} {self.name}"
        return f"{self.parent}: {label}" if self.parent else label


@dataclass(frozen=True)
class SchemaDescription:
    """The structure of a schema: objects by kind and name, columns in their order."""

    schema_name: str
    objects: tuple[SchemaObject, ...]

    def renamed(self, schema_name: str) -> "SchemaDescription":
        """Return the same structure for a schema of another name."""
        return SchemaDescription(
            schema_name,
            tuple(
                _renamed(entry, self.schema_name, schema_name)
                if self.schema_name in f"{entry.definition}{entry.comment}".lower()
                else entry
                for entry in self.objects
            ),
        )

    @cached_property
    def fingerprint(self) -> str:
        """A SHA-256 in hexadecimal digits, equal for schemas of equal structure."""
        objects = json.dumps(self.renamed(ANY_SCHEMA).objects)
        return hashlib.sha256(objects.encode()).hexdigest()

    @property
    def relations(self) -> set[str]:
        """The names of objects without a parent: tables, views, functions, ..."""
        return {entry.name.strip('"') for entry in self.objects if not entry.parent}

    def columns(self, *kinds: str) -> dict[str, list[str]]:
        """Return each table's column names of these kinds, in their order."""
        columns: dict[str, list[str]] = {}
        for entry in self.objects:
            if entry.kind in kinds:
                columns.setdefault(entry.parent, []).append(entry.name)
        return columns


def schema_exists(schema_name: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regnamespace(quote_ident(%s)) IS NOT NULL", [schema_name])
        (exists,) = cursor.fetchone()
    return bool(exists)


def relation_exists(name: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [name])
        (exists,) = cursor.fetchone()
    return bool(exists)


def describe_schema(schema_name: str) -> SchemaDescription:
    """Return the structure of a schema, read with one statement; empty for a missing schema.

    Rows, owners, privileges and tablespaces are not part of it: they can differ between tenants.
    """
    entries = map(SchemaObject._make, read_catalog(schema_name, _OBJECTS))
    return SchemaDescription(schema_name, tuple(map(_normalized, entries)))


def reader_version() -> str:
    """Return a hash of the server's version and the query; fingerprints depend on both."""
    server: int = cast("Any", connection).pg_version
    read_by = f"{server} {_OBJECTS}"
    return hashlib.sha256(read_by.encode()).hexdigest()[:16]


def fingerprint(schema_name: str) -> str:
    """Return the `SchemaDescription.fingerprint` of a schema.

    Equal fingerprints mean equal structures. Different fingerprints mean different structures,
    unless `differences` is empty: a schema can have the name of a word in its functions.
    """
    return describe_schema(schema_name).fingerprint


def differences(a: str, b: str) -> list[str]:
    return description_differences(describe_schema(a), describe_schema(b))


def description_differences(
    a: SchemaDescription, b: SchemaDescription, *, b_may_have_more: bool = False
) -> list[str]:
    """Return the differences; of a missing table, only the table and not its parts."""
    if a.renamed(b.schema_name).objects == b.objects:
        return []
    more = [] if b_may_have_more else _missing(b, a)
    return [*_missing(a, b), *more, *_changed(a, b), *_reordered(a, b)]


def unusual_privileges(schema_name: str) -> list[str]:
    """Return the objects with other privileges than the defaults and those of the tenant's role."""
    return [subject for (subject,) in read_catalog(schema_name, _PRIVILEGES)]


def read_catalog(schema_name: str, query: str) -> list[tuple[Any, ...]]:
    """Return the rows of a query that runs with only the schema in search_path."""
    with (
        as_owner(reason="A role does not see schemas that it may not use."),
        tenant_context(schema_name, include_public=False),
        connection.cursor() as cursor,
    ):
        cursor.execute(query)
        return list(cursor.fetchall())


def _normalized(entry: SchemaObject) -> SchemaObject:
    """Return the object with the definition that PostgreSQL prints for a copy of it.

    `status IN ('a', 'b')` on a varchar is first printed with a cast of the array; after a copy or a
    restored dump, with a cast of each item. Options of an index that only the server sets are
    removed.
    """
    if entry.kind in _WITH_OPTIONS and "pg_" in entry.definition:
        entry = entry._replace(definition=_OWN_OPTIONS.sub("", entry.definition))
    if "::text[]" not in entry.definition or entry.kind in _CODE:
        return entry
    return entry._replace(definition=_ARRAY_CAST.sub(_cast_items, entry.definition))


def _cast_items(cast: re.Match[str]) -> str:
    template = "({})::text" if cast["open"] else "{}::text"
    items = re.findall(_TEXT_LITERAL, cast["items"])
    return f"ARRAY[{', '.join(map(template.format, items))}]"


def _renamed(entry: SchemaObject, old: str, new: str) -> SchemaObject:
    """Return the object with the schema's name replaced where PostgreSQL stores it as text.

    Comments and bodies of functions are text. All else is stored parsed, so only a literal can name
    the schema, as in `DEFAULT 'client1'` or `to_regclass('client1.items')`.
    """
    mentions = _words(old) if entry.kind in _CODE else _literals(old)
    return entry._replace(
        definition=mentions.sub(
            lambda mention: f'"{new}"' if mention["identifier"] else new, entry.definition
        ),
        comment=entry.comment and re.sub(rf"\b{old}\b", lambda _: new, entry.comment),
    )


@lru_cache(maxsize=1024)
def _words(name: str) -> re.Pattern[str]:
    """Match a schema's name as a word, and as `identifier` where it needs quotes as a keyword."""
    word = rf'(?<![\w$".])(?i:{name})'
    return re.compile(rf'(?P<identifier>"{name}"|{word}(?=\s*\.))|{word}(?![\w$"])', re.ASCII)


@lru_cache(maxsize=1024)
def _literals(name: str) -> re.Pattern[str]:
    """Match a schema's name as a whole literal or, as `identifier`, at the start of one."""
    return re.compile(rf"(?<=')(?:(?P<identifier>{name}(?=\.)|\"{name}\"(?=\.))|{name}(?='))")


def _by_name(description: SchemaDescription) -> dict[tuple[str, str, str], SchemaObject]:
    return {(entry.kind, entry.parent, entry.name): entry for entry in description.objects}


def _missing(a: SchemaDescription, b: SchemaDescription) -> Iterator[str]:
    found = _by_name(b)
    missing = [entry for name, entry in _by_name(a).items() if name not in found]
    missing_parents = {entry.name for entry in missing if not entry.parent}
    for entry in missing:
        if entry.parent not in missing_parents:
            yield f"{entry} is missing in {b.schema_name}"


def _changed(a: SchemaDescription, b: SchemaDescription) -> Iterator[str]:
    expected, found = _by_name(a.renamed(b.schema_name)), _by_name(b)
    neutral_a, neutral_b = _by_name(a.renamed(ANY_SCHEMA)), _by_name(b.renamed(ANY_SCHEMA))
    for name, old in expected.items():
        new = found.get(name, old)
        if old == new or neutral_a[name] == neutral_b[name]:
            continue
        if old.definition != new.definition:
            left, right = _excerpts(old.definition, new.definition)
            yield f"{old} is {left} in {a.schema_name}, {right} in {b.schema_name}"
        if old.comment != new.comment:
            yield (
                f"{old} has comment {old.comment!r} in {a.schema_name}, "
                f"{new.comment!r} in {b.schema_name}"
            )


def _reordered(a: SchemaDescription, b: SchemaDescription) -> Iterator[str]:
    expected, found = a.columns(*COLUMN_KINDS), b.columns(*COLUMN_KINDS)
    for table in sorted(expected.keys() & found.keys()):
        left = [name for name in expected[table] if name in found[table]]
        right = [name for name in found[table] if name in expected[table]]
        if left != right:
            yield (
                f"{table}: the order of columns is {', '.join(left)} in {a.schema_name}, "
                f"{', '.join(right)} in {b.schema_name}"
            )


def _excerpts(left: str, right: str) -> tuple[str, str]:
    """Return short texts whole, long ones from shortly before their first difference."""
    if max(len(left), len(right)) <= _EXCERPT:
        return left, right
    difference = next(
        (at for at, (old, new) in enumerate(zip(left, right, strict=False)) if old != new),
        min(len(left), len(right)),
    )
    start = max(0, difference - 20)
    return _excerpt(left, start), _excerpt(right, start)


def _excerpt(text: str, start: int) -> str:
    return f"...{' '.join(text[start : start + _EXCERPT].split())}..."
