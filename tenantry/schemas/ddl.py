"""Generates the DDL of a description, each statement separate."""

from collections.abc import Iterable
from graphlib import TopologicalSorter

from tenantry.schemas.catalog import COLUMN_KINDS, SchemaDescription, SchemaObject

# Parts of CREATE TABLE, columns first.
_INLINE = {
    **dict.fromkeys(COLUMN_KINDS, "{name} {definition}"),
    "primary key": "CONSTRAINT {name} {definition}",
    "unique constraint": "CONSTRAINT {name} {definition}",
    "check": "CONSTRAINT {name} {definition}",
}
# These can depend on each other and are created in the order of their dependencies.
_CREATE = {
    "enum": "CREATE TYPE {name} AS {definition}",
    "composite type": "CREATE TYPE {name} AS {definition}",
    "domain": "CREATE DOMAIN {name} AS {definition}",
    "sequence": "CREATE SEQUENCE {name} {definition}",
    "unlogged sequence": "CREATE UNLOGGED SEQUENCE {name} {definition}",
    "function": "{definition}",
    "procedure": "{definition}",
    "table": "CREATE TABLE {name} ({definition})",
    "unlogged table": "CREATE UNLOGGED TABLE {name} ({definition})",
    "view": "CREATE VIEW {name} AS {definition}",
    "materialized view": "CREATE MATERIALIZED VIEW {name} AS {definition} WITH NO DATA",
    "unpopulated materialized view": "CREATE MATERIALIZED VIEW {name} AS {definition} WITH NO DATA",
}
_ADD_CONSTRAINT = "ALTER TABLE {parent} ADD CONSTRAINT {name} {definition}"
# Added after the rows, in this order of kinds; a foreign key can need a unique index.
_ADD = {
    "sequence owner": "ALTER SEQUENCE {name} {definition}",
    "domain check": "ALTER DOMAIN {parent} ADD CONSTRAINT {name} {definition}",
    "unvalidated check": _ADD_CONSTRAINT,
    "not null": _ADD_CONSTRAINT,
    "exclusion constraint": _ADD_CONSTRAINT,
    "index": "{definition}",
    "foreign key": _ADD_CONSTRAINT,
    "statistics": "{definition}",
    "statistics target": "ALTER STATISTICS {name} {definition}",
    "trigger": "{definition}",
    "policy": "CREATE POLICY {name} ON {parent} {definition}",
    "setting": "ALTER TABLE {parent} {definition}",
}
_ON_TABLE = "CONSTRAINT {name} ON {parent}"
# The object in COMMENT ON.
_COMMENT = {
    "check": _ON_TABLE,
    "exclusion constraint": _ON_TABLE,
    "foreign key": _ON_TABLE,
    "not null": _ON_TABLE,
    "primary key": _ON_TABLE,
    "unique constraint": _ON_TABLE,
    "unvalidated check": _ON_TABLE,
    "column": "COLUMN {parent}.{name}",
    "composite type": "TYPE {name}",
    "domain": "DOMAIN {name}",
    "domain check": "CONSTRAINT {name} ON DOMAIN {parent}",
    "enum": "TYPE {name}",
    "function": "FUNCTION {name}",
    "generated column": "COLUMN {parent}.{name}",
    "index": "INDEX {name}",
    "materialized view": "MATERIALIZED VIEW {name}",
    "policy": "POLICY {name} ON {parent}",
    "procedure": "PROCEDURE {name}",
    "sequence": "SEQUENCE {name}",
    "statistics": "STATISTICS {name}",
    "table": "TABLE {name}",
    "trigger": "TRIGGER {name} ON {parent}",
    "unlogged sequence": "SEQUENCE {name}",
    "unlogged table": "TABLE {name}",
    "unpopulated materialized view": "MATERIALIZED VIEW {name}",
    "view": "VIEW {name}",
    "view column": "COLUMN {parent}.{name}",
}


def in_order(
    description: SchemaDescription, dependencies: Iterable[tuple[str, str]]
) -> list[SchemaObject]:
    """Return types, sequences, functions, tables and views in the order of their dependencies.

    Args:
        dependencies: pairs of names; the second object must exist before the first.

    Raises:
        CycleError: objects depend on each other.
    """
    entries = {entry.name: entry for entry in description.objects if entry.kind in _CREATE}
    sorter: TopologicalSorter[str] = TopologicalSorter(dict.fromkeys(entries, ()))
    for name, needed in dependencies:
        sorter.add(name, needed)
    return [entries[name] for name in sorter.static_order() if name in entries]


def creation(description: SchemaDescription, ordered: list[SchemaObject]) -> tuple[str, ...]:
    """Return the statements that create the `ordered` objects, materialized views without rows.

    PostgreSQL does not check the bodies of functions here: they can name objects created later.
    """
    inline: dict[str, list[str]] = {}
    for entry in sorted(description.objects, key=lambda entry: entry.kind not in COLUMN_KINDS):
        if template := _INLINE.get(entry.kind):
            inline.setdefault(entry.parent, []).append(template.format(**entry._asdict()))
    statements = [
        _CREATE[entry.kind].format(
            name=entry.name,
            definition=entry.definition or ", ".join(inline.get(entry.name, ())),
        )
        for entry in ordered
    ]
    if any(entry.kind in ("function", "procedure") for entry in ordered):
        statements.insert(0, "SET LOCAL check_function_bodies = off")
        statements.append("SET LOCAL check_function_bodies TO DEFAULT")
    return tuple(statements)


def additions(description: SchemaDescription, ordered: list[SchemaObject]) -> tuple[str, ...]:
    """Return the statements to run after the rows: refresh views, add indexes, triggers, ..."""
    return (
        *(
            f"REFRESH MATERIALIZED VIEW {entry.name}"
            for entry in ordered
            if entry.kind == "materialized view"
        ),
        *(
            template.format(**entry._asdict())
            for kind, template in _ADD.items()
            for entry in description.objects
            if entry.kind == kind
        ),
        *(
            _comment(entry)
            for entry in description.objects
            if entry.comment is not None and entry.kind in _COMMENT
        ),
    )


def unknown(description: SchemaDescription) -> list[SchemaObject]:
    """Return the objects of kinds without DDL in this module."""
    known = {*_INLINE, *_CREATE, *_ADD, *_COMMENT}
    return [entry for entry in description.objects if entry.kind not in known]


def _comment(entry: SchemaObject) -> str:
    subject = _COMMENT[entry.kind].format(**entry._asdict())
    text = (entry.comment or "").replace("'", "''")
    return f"COMMENT ON {subject} IS '{text}'"
