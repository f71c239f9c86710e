"""(e) The floor: a WSGI function, psycopg2, two statements and orjson; no framework.

It answers "my priced orders" only, the first page, with nothing that a service needs beside it.
"""

import hashlib
import os
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import orjson
import psycopg2

from .statements import PRICED, PRINCIPAL

_PRINCIPAL = PRINCIPAL.format("%s")
# One message, and so one transaction: a transaction pooler is safe.
_PRICED = 'SET LOCAL search_path = "{schema}", public; ' + PRICED.format("%s")
_local = threading.local()

StartResponse = Callable[[str, list[tuple[str, str]]], object]


def application(environ: Mapping[str, str], start_response: StartResponse) -> Iterable[bytes]:
    """Answer with the caller's priced orders, or with 401."""
    token = environ.get("HTTP_AUTHORIZATION", "").removeprefix("Token ")
    with _connection().cursor() as cursor:
        cursor.execute(_PRINCIPAL, [hashlib.sha256(token.encode()).hexdigest()])
        principal = cursor.fetchone()
        if principal is None:
            start_response("401 Unauthorized", [])
            return [b""]
        user_id, user_name, schema = principal
        cursor.execute(_PRICED.format(schema=schema), [user_id])
        rows = cursor.fetchall()
    content = _body(rows, user_name)
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(content)))]
    start_response("200 OK", headers)
    return [content]


def _connection() -> Any:
    """Return this thread's connection, in autocommit."""
    if not hasattr(_local, "connection"):
        _local.connection = psycopg2.connect(os.environ["DATABASE_URL"])
        _local.connection.autocommit = True
    return _local.connection


def _body(rows: Sequence[Sequence[Any]], user_name: str) -> bytes:
    results = [
        {
            "order": order,
            "user_name": user_name,
            "item_description": description,
            "item_price": str(price),
            "order_quantity": quantity,
            "order_total": str(total),
        }
        for order, description, price, quantity, total, *_ in rows
    ]
    count, grand_total = rows[0][5:] if rows else (0, "0.00")
    return orjson.dumps(
        {
            "count": count,
            "next": None,
            "previous": None,
            "grand_total": str(grand_total),
            "results": results,
        }
    )
