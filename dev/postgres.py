"""The embedded PostgreSQL on the command line.

python -m dev.postgres exec -- COMMAND ...  run a command with a database: see `development`
python -m dev.postgres start                start a server that stays until it is stopped
python -m dev.postgres stop                 stop the server, also under its users
python -m dev.postgres status               exit status 0 when it is running, 3 when not
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
    """Do what the arguments say; gives the exit status. Raises `Failure` for unknown ones."""
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
    """Run a command with a database in this terminal, pass signals on; gives its exit status.

    The status is the one that shells give, 128 + signal for a killed command. Raises OSError when
    there is no such command.
    """
    process: subprocess.Popen[bytes] | None = None
    early: list[int] = []

    def pass_on(number: int, frame: FrameType | None) -> None:
        if process is None:
            early.append(number)
        elif not (number == signal.SIGINT and _is_typed()):
            process.send_signal(number)

    with development() as environment, on_signals(pass_on):
        process = subprocess.Popen(command, env=environment)
        for number in early:
            process.send_signal(number)
        status = process.wait()
    return status if status >= 0 else 128 - status


def _is_typed() -> bool:
    # The terminal sends Ctrl-C to all of its foreground group, the command included.
    try:
        with open("/dev/tty") as terminal:
            return os.tcgetpgrp(terminal.fileno()) == os.getpgrp()
    except OSError:
        return False


if __name__ == "__main__":
    main(command_line)
