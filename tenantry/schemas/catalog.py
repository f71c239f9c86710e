"""What PostgreSQL's catalog says about schemas: what one holds, and how two of them differ.

A description holds no name of its schema and no oid: everything is read with search_path set to
the schema alone. Only text in the catalog, mostly the bodies of functions, may name the schema;
`SchemaDescription.renamed` replaces the name there.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, NamedTuple, cast

from django.db import connection

from tenantry.context import tenant_context

# Stands for the schema's name in a text that belongs to no schema. PostgreSQL's texts cannot
# hold this character.
ANY_SCHEMA = "\0"

COLUMN_KINDS = ("column", "generated column")
_CODE = ("function", "procedure")
_WITH_OPTIONS = ("index", "exclusion constraint")


def read_sql(name: str) -> str:
    """Return the query in the file of that name under `sql/`."""
    return (Path(__file__).with_name("sql") / f"{name}.sql").read_text()


_OBJECTS = read_sql("schema_objects")
_TEXT_LITERAL = r"'(?:[^']|'')*'::character varying(?:\(\d+\))?"
_ARRAY_CAST = re.compile(
    rf"(?P<open>\()?ARRAY\[(?P<items>{_TEXT_LITERAL}(?:, {_TEXT_LITERAL})*)\](?(open)\))::text\[\]"
)
# Names that begin with pg_ are PostgreSQL's own. The options of an index and of its columns are a
# list that extensions add to, so the names of all others may be set by SQL.
_OWN_OPTION = r"pg_\w+=(?:'(?:[^']|'')*'|\w*)"
_OWN_OPTIONS = re.compile(
    rf" (?:WITH )?\({_OWN_OPTION}(?:, {_OWN_OPTION})*\)|{_OWN_OPTION}, |, {_OWN_OPTION}"
)
_EXCERPT = 120  # characters of a definition that a difference shows


class SchemaObject(NamedTuple):
    """One object of a schema, names and definition as SQL writes them."""

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
    """The structure of a schema: its objects by kind and name, columns in their order."""

    schema_name: str
    objects: tuple[SchemaObject, ...]

    def renamed(self, schema_name: str) -> "SchemaDescription":
        """Return what this structure is in a schema of another name."""
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
        """A SHA-256 in hexadecimal digits, the same for schemas of the same structure."""
        objects = json.dumps(self.renamed(ANY_SCHEMA).objects)
        return hashlib.sha256(objects.encode()).hexdigest()

    @property
    def relations(self) -> set[str]:
        """The names of what stands by itself in the schema, tables among others."""
        return {entry.name.strip('"') for entry in self.objects if not entry.parent}

    def columns(self, *kinds: str) -> dict[str, list[str]]:
        """Return the names of the columns of these kinds, in their order, by table."""
        columns: dict[str, list[str]] = {}
        for entry in self.objects:
            if entry.kind in kinds:
                columns.setdefault(entry.parent, []).append(entry.name)
        return columns


def schema_exists(schema_name: str) -> bool:
    """Return whether the database has a schema of that name, a tenant's or not."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regnamespace(quote_ident(%s)) IS NOT NULL", [schema_name])
        (exists,) = cursor.fetchone()
    return bool(exists)


def relation_exists(name: str) -> bool:
    """Return whether there is a table or the like of that name, its schema included."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [name])
        (exists,) = cursor.fetchone()
    return bool(exists)


def describe_schema(schema_name: str) -> SchemaDescription:
    """Return the structure of a schema, read in one statement; an absent schema holds nothing.

    Left out are rows, owners, privileges and tablespaces: they may differ between tenants.
    """
    entries = map(SchemaObject._make, read_catalog(schema_name, _OBJECTS))
    return SchemaDescription(schema_name, tuple(map(_settled, entries)))


def reader() -> str:
    """Return what tells apart descriptions that other SQL or another server has read."""
    server: int = cast("Any", connection).pg_version
    read_by = f"{server} {_OBJECTS}"
    return hashlib.sha256(read_by.encode()).hexdigest()[:16]


def fingerprint(schema_name: str) -> str:
    """Return the `SchemaDescription.fingerprint` of a schema.

    Equal fingerprints mean equal structures. Unequal ones mean different structures unless
    `differences` finds none: a schema may be called like a word in its own functions.
    """
    return describe_schema(schema_name).fingerprint


def differences(a: str, b: str) -> list[str]:
    """Return how the structures of two schemas differ, a line each."""
    return description_differences(describe_schema(a), describe_schema(b))


def description_differences(
    a: SchemaDescription, b: SchemaDescription, *, b_may_have_more: bool = False
) -> list[str]:
    """Return how two structures differ, a line each; what hangs on a missing table is left out."""
    if a.renamed(b.schema_name).objects == b.objects:
        return []
    more = [] if b_may_have_more else _missing(b, a)
    return [*_missing(a, b), *more, *_changed(a, b), *_reordered(a, b)]


def read_catalog(schema_name: str, query: str) -> list[tuple[Any, ...]]:
    """Return the rows of a query that has the schema alone in its search_path."""
    with (
        tenant_context(schema_name, include_public=False),
        connection.cursor() as cursor,
    ):
        cursor.execute(query)
        return list(cursor.fetchall())


def _settled(entry: SchemaObject) -> SchemaObject:
    """Return the object as PostgreSQL words it once it has read its own wording.

    `status IN ('a', 'b')` on a varchar is first worded with a cast of the array, and, when that
    has been dumped and restored or copied, with a cast of each item. The options that the server
    keeps in an index for itself are left out.
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
    """Return the object with the schema's name replaced where PostgreSQL keeps it as text.

    Everything but comments and the body of a function is stored parsed and names no schema of its
    own, unless in a literal like `DEFAULT 'client1'` or `to_regclass('client1.items')`.
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
    """Match a schema's name as a word, and as `identifier` where it must be one.

    There a tenant called like a keyword has to be put in quotes.
    """
    word = rf'(?<![\w$".])(?i:{name})'
    return re.compile(rf'(?P<identifier>"{name}"|{word}(?=\s*\.))|{word}(?![\w$"])', re.ASCII)


@lru_cache(maxsize=1024)
def _literals(name: str) -> re.Pattern[str]:
    """Match a schema's name as a literal or, as `identifier`, at the beginning of one."""
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
                f"{table}: columns stand as {', '.join(left)} in {a.schema_name}, "
                f"{', '.join(right)} in {b.schema_name}"
            )


def _excerpts(left: str, right: str) -> tuple[str, str]:
    """Return both whole if short, else each from shortly before where they part."""
    if max(len(left), len(right)) <= _EXCERPT:
        return left, right
    parting = next(
        (at for at, (old, new) in enumerate(zip(left, right, strict=False)) if old != new),
        min(len(left), len(right)),
    )
    start = max(0, parting - 20)
    return _excerpt(left, start), _excerpt(right, start)


def _excerpt(text: str, start: int) -> str:
    return f"...{' '.join(text[start : start + _EXCERPT].split())}..."
