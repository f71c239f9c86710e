"""`make bench` runs all benchmarks, `make bench ONLY=context` one.

Each writes `results/NAME.json` and a table. The exit status is 1 when a target is not met.
"""

import os
import sys
from importlib import import_module

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.settings")

import django
from rich.console import Console

from benchmarks.report import all_met, show, write

BENCHMARKS = ("context", "fleet", "jobs", "principal", "speed", "wall")


def main() -> int:
    chosen = sys.argv[1:] or BENCHMARKS
    unknown = set(chosen) - set(BENCHMARKS)
    if unknown:
        sys.exit(f"No benchmark {', '.join(sorted(unknown))}; use one of {', '.join(BENCHMARKS)}.")
    django.setup()
    console = Console()
    everything_met = True
    for name in chosen:
        rows = import_module(f"benchmarks.{name}").measure(console)
        write(name, rows)
        show(console, name, rows)
        everything_met &= all_met(rows)
    return 0 if everything_met else 1


if __name__ == "__main__":
    sys.exit(main())
