"""One management command in a process of its own, as an operator starts it, and what it took.

Its seconds begin when Python and Django have started. What it needs for the first time counts:
reading the migrations, planning them, opening connections.
"""

import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from time import perf_counter

import django
from django.core.management import call_command


@dataclass(frozen=True, slots=True)
class Cost:
    """What a command took.

    Attributes:
        megabytes: the most memory that its process, without its workers, had at once.
        start: seconds before the command, and after it.
    """

    seconds: float
    megabytes: float
    start: float = 0.0


def run(command: str, *, settings: str, migration: str | None) -> Cost:
    """Run a management command on the benchmark's database.

    Args:
        settings: the module of its settings.
        migration: what the app items has beside its own, of `benchmarks/migrations`.
    """
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": settings}
    if migration:
        environment["BENCH_MIGRATIONS"] = f"benchmarks.migrations.{migration}"
    started = perf_counter()
    output = subprocess.run(
        [sys.executable, "-m", "benchmarks.process", *command.split()],
        env=environment,
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    ).stdout
    cost = Cost(**json.loads(output))
    return replace(cost, start=perf_counter() - started - cost.seconds)


def main() -> None:
    """Run the command that the arguments name, and print its cost as JSON."""
    django.setup()
    started = perf_counter()
    call_command(*sys.argv[1:], verbosity=0)
    cost = Cost(perf_counter() - started, _peak_megabytes())
    print(json.dumps(asdict(cost)))


def _peak_megabytes() -> float:
    """Return the peak of this process; 0 where there is no `/proc`, outside of Linux.

    `getrusage()` would tell the peak of the process that started this one, when that is higher.
    """
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return 0
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    main()
