"""Reads EMAIL_URL, how mail leaves the service, and what mails contain of it."""

import re
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import formataddr, parseaddr
from importlib.util import find_spec
from urllib.parse import SplitResult, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from shared_apps.core.addresses import mail_address
from shared_apps.core.errors import DomainError

TIMEOUT = 30  # seconds

_BACKENDS = "shared_apps.jobs.mail.backends"
_PORTS = {"smtp": 25, "smtp+tls": 587, "smtps": 465}
_ANYMAIL = "anymail+"


@dataclass(frozen=True, kw_only=True)
class MailSettings:
    """Values of Django's settings EMAIL_* and of ANYMAIL.

    Attributes:
        leaves: whether mail is sent to its recipients.
    """

    backend: str
    leaves: bool = False
    host: str = ""
    port: int = 0
    user: str = ""
    password: str = ""
    use_tls: bool = False
    use_ssl: bool = False
    folder: str | None = None
    anymail: dict[str, object] = field(default_factory=dict)


def mail_settings(url: str) -> MailSettings:
    """Read EMAIL_URL. Errors do not contain its secrets.

    Raises:
        ImproperlyConfigured: the URL has another form than those of docs/mail.md.
    """
    if not url:
        return MailSettings(backend=f"{_BACKENDS}.NoBackend")
    with suppress(ValueError):  # Its message can contain a part of the password.
        parts = urlsplit(url)
        if parts.scheme in _PORTS:
            return _smtp(parts)
        if parts.scheme == "file":
            return _file(parts)
        if parts.scheme == "console":
            return MailSettings(backend="django.core.mail.backends.console.EmailBackend")
        if parts.scheme.startswith(_ANYMAIL):
            return _anymail(parts)
    raise ImproperlyConfigured(
        "EMAIL_URL: use a URL that begins with smtp://, smtp+tls://, smtps://, file:///, console: "
        "or anymail+."
    )


def _smtp(parts: SplitResult) -> MailSettings:
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    is_complete = bool(parts.hostname) and bool(user) == bool(password)
    if not is_complete or parts.path.strip("/") or parts.query or parts.fragment:
        raise ImproperlyConfigured(
            f"EMAIL_URL: use a URL like {parts.scheme}://user:password@host:port, or without user "
            "and password. In both, percent-encode all characters except letters and digits."
        )
    return MailSettings(
        backend="django.core.mail.backends.smtp.EmailBackend",
        leaves=True,
        host=parts.hostname or "",
        port=parts.port or _PORTS[parts.scheme],
        user=user,
        password=password,
        use_tls=parts.scheme == "smtp+tls",
        use_ssl=parts.scheme == "smtps",
    )


def _file(parts: SplitResult) -> MailSettings:
    if parts.netloc or not parts.path.strip("/"):
        raise ImproperlyConfigured("EMAIL_URL: use a URL like file:///var/mail, with the folder.")
    return MailSettings(backend=f"{_BACKENDS}.FileBackend", folder=unquote(parts.path))


def _anymail(parts: SplitResult) -> MailSettings:
    """Read `anymail+postmark:?server_token=...`: the provider, and its settings of django-anymail.

    A `+` of a value is a plus, not a space: keys of providers can contain it.
    """
    provider = parts.scheme.removeprefix(_ANYMAIL).replace("-", "_")
    if not re.fullmatch("[a-z0-9_]+", provider) or not find_spec(f"anymail.backends.{provider}"):
        raise ImproperlyConfigured(
            f"EMAIL_URL: django-anymail has no {provider}. Use a name of "
            "https://anymail.dev/en/stable/esps/, with - for spaces, such as anymail+amazon-ses."
        )
    if parts.netloc or parts.path or parts.fragment:
        raise ImproperlyConfigured(
            f"EMAIL_URL: use a URL like {parts.scheme}:?name=value&name=value, with the settings "
            "of the provider. In values, percent-encode all characters except letters and digits."
        )
    pairs = (pair.partition("=") for pair in parts.query.split("&") if pair)
    given = {f"{provider}_{name}".upper(): unquote(value) for name, _, value in pairs}
    return MailSettings(
        backend=f"anymail.backends.{provider}.EmailBackend",
        leaves=True,
        anymail={**given, "REQUESTS_TIMEOUT": TIMEOUT},
    )


def public_url(given: str, *, needed: bool) -> str:
    """Read PUBLIC_URL, such as `https://app.example.com`, which links in mails begin with.

    Raises:
        ImproperlyConfigured: it is not the URL of a host, or `needed` and empty.
    """
    if not given and not needed:
        return "http://localhost"
    with suppress(ValueError):
        parts = urlsplit(given)
        url = f"{parts.scheme}://{parts.netloc}"
        is_host = parts.scheme in {"http", "https"} and parts.hostname and not parts.username
        # Reading the port raises ValueError if it is not a number.
        if (
            is_host
            and parts.port != 0
            and given.rstrip("/").lower() == url.lower()
            and given.isprintable()
        ):
            return url
    raise ImproperlyConfigured(
        f"PUBLIC_URL={given}: use the address of the service, like https://app.example.com."
    )


def sender(given: str, *, needed: bool) -> str:
    """Read DEFAULT_FROM_EMAIL, such as `Tenantry <no-reply@example.com>`.

    Raises:
        ImproperlyConfigured: it is not an address, or `needed` and empty.
    """
    if not given and not needed:
        return "Tenantry <tenantry@localhost>"
    name, address = parseaddr(given)
    with suppress(DomainError):
        if given.isprintable():
            return formataddr((name, mail_address(address)))
    raise ImproperlyConfigured(
        f"DEFAULT_FROM_EMAIL={given}: use an address like Tenantry <no-reply@example.com>."
    )
