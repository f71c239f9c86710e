#!/bin/sh
# Creates or completes .venv with $PYTHON or the newest Python on the PATH; see dev/venv.py.
set -eu
cd "$(dirname "$0")/.."

if [ -n "${PYTHON:-}" ]; then
    set -- "$PYTHON"
else
    set -- python3.13 python3.12 python3.11 python3
fi

without_venv=
for python in "$@"; do
    # Run it: a name on the PATH can be a shim without a Python.
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 || continue
    if "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
        exec "$python" -m dev.venv
    fi
    without_venv=${without_venv:-$python}
done

if [ -n "$without_venv" ]; then
    echo "$without_venv lacks venv; on Debian or Ubuntu: apt install python3-venv" >&2
elif [ -n "${PYTHON:-}" ]; then
    echo "PYTHON=$PYTHON is not Python 3.11 or newer." >&2
else
    echo "Python 3.11 or newer is needed; if it is not on the PATH, set PYTHON=..." >&2
fi
exit 1
