"""The embedded PostgreSQL on the command line.

python -m dev.postgres exec -- COMMAND ...  run a command with a database: see `development`
python -m dev.postgres start                start a server that runs until `stop`
python -m dev.postgres stop                 stop the server, even if commands use it
python -m dev.postgres status               exit status 0 if it is running, else 3
python -m dev.postgres url                  the URL of the running server, with its password
"""

import os
import signal
import subprocess
import sys
from types import FrameType

from dev import server
from dev.environment import development
from dev.process import Failure, main, on_signals


def command_line() -> int:
    match sys.argv[1:]:
        case ["exec", "--", *command] if command:
            return execute(command)
        case ["start"]:
            server.keep()
        case ["stop"]:
            server.stop()
        case ["status"]:
            running = server.find()
            print("PostgreSQL is running." if running else "PostgreSQL is not running.")
            return 0 if running else 3
        case ["url"]:
            url = server.find()
            if url is None:
                raise Failure("PostgreSQL is not running: python -m dev.postgres start")
            print(url)
        case _:
            raise Failure("usage: python -m dev.postgres start|stop|status|url|exec -- COMMAND ...")
    return 0


def execute(command: list[str]) -> int:
    """Run a command with a database in this terminal, forward signals, return its exit status.

    For a killed command that is 128 + signal, as in a shell. Raises OSError if the command does not
    exist.
    """
    process: subprocess.Popen[bytes] | None = None
    early: list[int] = []

    def forward(number: int, frame: FrameType | None) -> None:
        if process is None:
            early.append(number)
        elif not (number == signal.SIGINT and _is_typed()):
            process.send_signal(number)

    with development() as environment, on_signals(forward):
        process = subprocess.Popen(command, env=environment)
        for number in early:
            process.send_signal(number)
        status = process.wait()
    return status if status >= 0 else 128 - status


def _is_typed() -> bool:
    # The terminal sends Ctrl-C to the whole foreground group, so the command has it already.
    try:
        with open("/dev/tty") as terminal:
            return os.tcgetpgrp(terminal.fileno()) == os.getpgrp()
    except OSError:
        return False


if __name__ == "__main__":
    main(command_line)
