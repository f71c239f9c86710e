#!/bin/sh
# Makes .venv ready: chooses the Python, PYTHON or the newest on the PATH; dev/venv.py does the rest.
set -eu
cd "$(dirname "$0")/.."

if [ -n "${PYTHON:-}" ]; then
    set -- "$PYTHON"
else
    set -- python3.13 python3.12 python3.11 python3
fi

without_venv=
for python in "$@"; do
    # Started, not only found: a name on the PATH may be a shim with nothing behind it.
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 || continue
    if "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
        exec "$python" -m dev.venv
    fi
    without_venv=${without_venv:-$python}
done

if [ -n "$without_venv" ]; then
    echo "$without_venv lacks venv; on Debian or Ubuntu: apt install python3-venv" >&2
elif [ -n "${PYTHON:-}" ]; then
    echo "PYTHON=$PYTHON is no Python 3.11 or newer." >&2
else
    echo "Python 3.11 or newer is needed; name one that is not on the PATH by PYTHON=..." >&2
fi
exit 1
