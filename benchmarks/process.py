"""Runs a management command in its own process and measures it.

The time starts after Python and Django have started. It includes reading the migrations, planning
them and opening connections.
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
    """The cost of a command.

    Attributes:
        megabytes: peak memory of its process, without its workers.
        start: seconds of the process before and after the command.
    """

    seconds: float
    megabytes: float
    start: float = 0.0


def run(command: str, *, settings: str, migration: str | None) -> Cost:
    """Run a management command on the benchmark's database.

    Args:
        settings: the settings module.
        migration: a module in `benchmarks/migrations`, added to the migrations of items.
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
    django.setup()
    started = perf_counter()
    call_command(*sys.argv[1:], verbosity=0)
    cost = Cost(perf_counter() - started, _peak_megabytes())
    print(json.dumps(asdict(cost)))


def _peak_megabytes() -> float:
    """Return the peak memory of this process; 0 outside of Linux, where `/proc` is missing.

    `getrusage()` would return the peak of the parent process if that is higher.
    """
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return 0
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    main()
