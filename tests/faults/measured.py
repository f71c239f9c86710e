"""The service with one more page, which shows the worker's memory."""

import ctypes
import gc
import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from config.wsgi import application as service

# Bytes that each request leaks, for the proof that a leak is found.
LEAK = int(os.environ.get("LEAK") or 0)
_leaked: list[bytes] = []


class _Mallinfo(ctypes.Structure):
    """See https://man7.org/linux/man-pages/man3/mallinfo.3.html."""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in (
            *("arena", "ordblks", "smblks", "hblks", "hblkhd"),
            *("usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"),
        )
    ]


_mallinfo2 = ctypes.CDLL(None).mallinfo2
_mallinfo2.restype = _Mallinfo


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    if environ["PATH_INFO"] != "/memory":
        if LEAK:
            _leaked.append(os.urandom(LEAK))
        return service(environ, start_response)
    body = json.dumps(_memory()).encode()
    start_response("200 OK", [("Content-Type", "application/json")])
    return [body]


def _memory() -> dict[str, int]:
    """Return the memory in use after a garbage collection, so that results are repeatable."""
    gc.collect()
    malloc = _mallinfo2()
    shares = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return {
        "pid": os.getpid(),
        "private": 1024
        * sum(int(share.split()[1]) for share in shares if share.startswith("Private_")),
        "objects": sys.getallocatedblocks(),
        "malloc": malloc.uordblks + malloc.hblkhd,
    }
