#!/bin/sh
# Installs missing Debian packages from its arguments, without starting their services.
set -eu

missing=
for package in "$@"; do
    case $(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true) in
    installed) ;;
    *) missing="$missing $package" ;;
    esac
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "These packages are needed first: apt install$missing" >&2
    exit 1
fi

# Without a policy every service would start. An existing policy stays.
# https://people.debian.org/~hmh/invokerc.d-policyrc.d-specification.txt
policy=/usr/sbin/policy-rc.d
log=$(mktemp)
if [ -e "$policy" ]; then
    trap 'rm -f "$log"' EXIT
else
    trap 'rm -f "$log" "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
fi
trap 'exit 130' INT
trap 'exit 143' TERM HUP

echo "Installing$missing ..."
export DEBIAN_FRONTEND=noninteractive
# Another installation can hold the lock, for example the machine's own updates.
wait="--option=DPkg::Lock::Timeout=300"
# shellcheck disable=SC2086 # package names, one word each
if ! { apt-get $wait update &&
    apt-get $wait install --yes --no-install-recommends $missing; } >"$log" 2>&1; then
    cat "$log" >&2
    echo "Installing$missing failed: see above." >&2
    exit 1
fi
