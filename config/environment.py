"""Reads environment variables; a wrong value stops the service with a message."""

from contextlib import suppress
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any

import environ
from django.core.checks.security.base import (
    SECRET_KEY_INSECURE_PREFIX,
    SECRET_KEY_MIN_LENGTH,
    SECRET_KEY_MIN_UNIQUE_CHARACTERS,
)
from django.core.exceptions import ImproperlyConfigured


class Environment(environ.FileAwareEnv):  # type: ignore[misc]
    """Reads NAME from the environment, or from the file that NAME_FILE names."""

    def get_value(self, var: str, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().get_value(var, *args, **kwargs)
        except (OSError, UnicodeDecodeError) as error:
            raise ImproperlyConfigured(f"{var}_FILE cannot be read: {error}.") from error


env = Environment()


def flag(name: str, *, default: bool) -> bool:
    """Read a boolean. A typo is an error: it must not switch TLS off."""
    value = env.str(name, default=str(default)).strip().lower()
    if value not in {"true", "false", "1", "0", "yes", "no", "on", "off"}:
        raise ImproperlyConfigured(f"{name}={value}: use true or false.")
    return value in {"true", "1", "yes", "on"}


def number(name: str, *, default: int, minimum: int = 0) -> int:
    """Read a whole number, not below the minimum."""
    value = env.str(name, default=str(default)).strip()
    if not value.isdecimal() or int(value) < minimum:
        raise ImproperlyConfigured(f"{name}={value}: use a whole number, {minimum} or more.")
    return int(value)


def words(name: str) -> list[str]:
    """Read a list, separated by commas; empty by default."""
    return [word.strip() for word in env.str(name, default="").split(",") if word.strip()]


def networks(name: str) -> list[IPv4Network | IPv6Network]:
    """Read a list of networks, such as 10.1.0.0/16; empty by default."""
    try:
        return [ip_network(word) for word in words(name)]
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}: {error}. Use networks like 10.1.0.0/16.") from error


def database(name: str) -> dict[str, Any]:
    """Read the URL of a database."""
    with suppress(ValueError):  # Its message can contain a part of the password.
        if env.str(name).startswith(("postgres://", "postgresql://")):
            return dict(env.db_url(name, engine="tenantry.postgres"))
    raise ImproperlyConfigured(
        f"{name}: use a URL like postgres://user:password@host:port/name. In user and password, "
        "percent-encode all characters except letters and digits."
    )


def is_random(key: str) -> bool:
    """Return whether a key passes Django's check security.W009."""
    return (
        len(key) >= SECRET_KEY_MIN_LENGTH
        and len(set(key)) >= SECRET_KEY_MIN_UNIQUE_CHARACTERS
        and not key.startswith(SECRET_KEY_INSECURE_PREFIX)
    )
