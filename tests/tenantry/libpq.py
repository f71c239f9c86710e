"""Asks the server how many statements a string has."""

import ctypes
from typing import Any

from psycopg2 import _psycopg

_SQLSTATE, _ROUTINE = ord("C"), ord("R")  # PG_DIAG_SQLSTATE, PG_DIAG_SOURCE_FUNCTION
# Errors after the parser: of names, types and arguments.
_AFTER_PARSER = {"42703", "42702", "42883", "42725", "42P01", "42P02", "42P18", "42804", "22P02"}

# psycopg2's own libpq is found through psycopg2.
_libpq = ctypes.CDLL(_psycopg.__file__)
_libpq.PQprepare.restype = _libpq.PQresultErrorField.restype = ctypes.c_void_p
_libpq.PQprepare.argtypes = [
    ctypes.c_void_p,
    ctypes.c_char_p,
    ctypes.c_char_p,
    ctypes.c_int,
    ctypes.c_void_p,
]
_libpq.PQresultErrorField.argtypes = [ctypes.c_void_p, ctypes.c_int]
_libpq.PQresultErrorField.restype = ctypes.c_char_p
_libpq.PQclear.argtypes = [ctypes.c_void_p]
_libpq.PQclear.restype = None


def count(connection: Any, sql: bytes) -> str:
    """Return "one", "several", or "error" where the server's lexer or parser raises.

    The extended protocol parses a string and rejects several statements before it looks at names:
    https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-EXT-QUERY

    Args:
        connection: of psycopg2, outside of a transaction.
    """
    result = _libpq.PQprepare(connection.pgconn_ptr, b"", sql, 0, None)
    try:
        code = (_libpq.PQresultErrorField(result, _SQLSTATE) or b"").decode()
        routine = _libpq.PQresultErrorField(result, _ROUTINE)
    finally:
        _libpq.PQclear(result)
    if (code, routine) == ("42601", b"exec_parse_message"):
        return "several"
    return "one" if not code or code in _AFTER_PARSER else "error"
