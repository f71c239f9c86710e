"""Text that PostgreSQL cannot store."""

import re

_UNSTORABLE = re.compile(r"[\0\ud800-\udfff]")


def is_storable(text: str) -> bool:
    """Return whether a text is free of NUL characters and lone surrogates.

    Python reads bytes of a command line that are no UTF-8 as lone surrogates (PEP 383).
    """
    return _UNSTORABLE.search(text) is None
