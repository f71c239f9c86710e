"""`make bench` runs every benchmark, `make bench ONLY=context` one of them.

Each writes `results/NAME.json` and a table; the exit status is 1 when a bar does not hold.
"""

import os
import sys
from importlib import import_module

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.settings")

import django
from rich.console import Console

from benchmarks.report import hold, show, write

QUESTIONS = ("context", "fleet", "speed")


def main() -> int:
    """Run what the arguments name, or everything."""
    chosen = sys.argv[1:] or QUESTIONS
    unknown = set(chosen) - set(QUESTIONS)
    if unknown:
        sys.exit(f"There is no benchmark {', '.join(sorted(unknown))}; there is {QUESTIONS}.")
    django.setup()
    console = Console()
    everything_holds = True
    for name in chosen:
        rows = import_module(f"benchmarks.{name}").measure(console)
        write(name, rows)
        show(console, name, rows)
        everything_holds &= hold(rows)
    return 0 if everything_holds else 1


if __name__ == "__main__":
    sys.exit(main())
