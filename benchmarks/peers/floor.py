"""(e) The lower bound: a WSGI function with psycopg2, two statements and orjson; no framework.

It serves only the first page of "my priced orders".
"""

import hashlib
import os
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import psycopg2

from .statements import PRICED, PRINCIPAL, first_page

_PRINCIPAL = PRINCIPAL.format("%s")
# One message is one transaction, so it is safe behind a transaction pooler.
_PRICED = 'SET LOCAL search_path = "{schema}", public; ' + PRICED.format("%s")
_local = threading.local()

StartResponse = Callable[[str, list[tuple[str, str]]], object]


def application(environ: Mapping[str, str], start_response: StartResponse) -> Iterable[bytes]:
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
    content = first_page(rows, user_name)
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(content)))]
    start_response("200 OK", headers)
    return [content]


def _connection() -> Any:
    if not hasattr(_local, "connection"):
        _local.connection = psycopg2.connect(os.environ["DATABASE_URL"])
        _local.connection.autocommit = True
    return _local.connection
