"""run_jobs: run the tasks of all organizations, until it is stopped."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from shared_apps.jobs.errors import BurstFailed
from shared_apps.jobs.processes import Processes
from shared_apps.jobs.tasks_api import task_backends
from tenantry.checks.start import require_usable_database


class Command(BaseCommand):
    """A worker. SIGTERM and Ctrl-C let the running tasks end within JOBS_GRACE seconds."""

    help = "Run tasks in the background, until Ctrl-C or SIGTERM."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--processes", type=int, default=1, help="processes (default: 1)")
        parser.add_argument(
            "--threads",
            type=int,
            default=6,
            help="tasks of a process at the same time (default: 6)",
        )
        parser.add_argument(
            "--queue", action="append", metavar="NAME", help="serve only this queue; repeatable"
        )
        parser.add_argument("--burst", action="store_true", help="end when no task is due")
        parser.add_argument(
            "--alive-file",
            type=Path,
            metavar="PATH",
            help="touch this file each second while the worker can reach the database",
        )
        parser.add_argument(
            "--reload", action="store_true", help="start again when a Python file changes"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        known = sorted(task_backends["default"].queues)
        unknown = set(options["queue"] or ()).difference(known)
        if unknown:
            raise CommandError(f"No queue {', '.join(sorted(unknown))}: use {', '.join(known)}.")
        if options["processes"] < 1 or options["threads"] < 1:
            raise CommandError("Use at least one process and one thread.")
        if options["alive_file"]:
            _check_writable(options["alive_file"])
        require_usable_database()
        processes = Processes(
            processes=options["processes"],
            queues=options["queue"] or known,
            threads=options["threads"],
            burst=options["burst"],
            alive_file=options["alive_file"],
            reload=options["reload"],
        )
        try:
            processes.run()
        except BurstFailed as error:
            raise CommandError(
                "The burst has failed, and tasks may still wait: the lines above have the reason. "
                "Run it again."
            ) from error


def _check_writable(alive_file: Path) -> None:
    try:
        alive_file.touch()
    except OSError as error:
        raise CommandError(
            f"--alive-file {alive_file}: {error.strerror}. Use a file in a folder that the worker "
            "can write to."
        ) from error
