"""Text that PostgreSQL cannot store."""

import re

_UNSTORABLE = re.compile(r"[\0\ud800-\udfff]")


def is_storable(text: str) -> bool:
    """Return whether a text has no NUL characters and no lone surrogates.

    Python turns arguments that are not UTF-8 into lone surrogates (PEP 383).
    """
    return _UNSTORABLE.search(text) is None
