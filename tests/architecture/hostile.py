"""Requests with what is no text, or none that was asked for, in each parameter of each URL.

What a URL reads is found out from its page and the OpenAPI document: a new field is swept as well.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from django.conf import settings
from django.test import Client
from django.urls import resolve
from drf_spectacular.generators import SchemaGenerator

from tests.contracts import CONTRACTS

# As they go over the wire: what is no UTF-8 cannot be written in Python, but can be sent.
NUL = "a%00b"
TEXTS = (NUL, "a%ed%a0%80b", "x" * 10_000, "9" * 5000, "-1e9999", "")
IN_JSON = ('"a\\u0000b"', '"\\ud800"', f'"{"x" * 10_000}"', "-1e999", "[1]", '{"a": []}', "null")
IN_FILES = (
    b"a\0b",
    b"\xff\xfe\0",
    b"sku,price\na\0b,1\n",
    b'[{"sku": [1]}]',
    b'[{"sku": "\\ud800"}]',
)
IN_HEADERS = ("a\0b", "Token a\0b", "a\xed\xa0\x80b", "x" * 10_000, "")
HEADERS = (
    "Accept",
    "Accept-Language",
    "Authorization",
    "Content-Type",
    "Host",
    "If-Match",
    "Idempotency-Key",
    "If-Modified-Since",
    "If-None-Match",
    "Origin",
    "Range",
    "Referer",
    "User-Agent",
    "X-CSRFToken",
    "X-Forwarded-For",
    "X-Organization",
    "X-Request-ID",
)
READ_HEADERS = {
    "/",
    "/accounts/login/",
    "/api/auth/token/",
    "/admin/",
}.union(*(contract.read_headers for contract in CONTRACTS.values()))
# A quoted cookie may hold any character, by its octal digits.
IN_COOKIES = ('"12345678\\000"', "a\xed\xa0\x80b" * 4, "x" * 10_000, "")
# What Django's lists and DRF read of any query.
ANY_QUERY = (
    "q",
    "p",
    "o",
    "all",
    "e",
    "next",
    "page",
    "page_size",
    "search",
    "ordering",
    "format",
    "id",
    "_facets",
    "_popup",
    "_to_field",
    "_changelist_filters",
    "_organization",
)
# What is read of forms that stand on another page than the one they are sent to.
ELSEWHERE: dict[str, Mapping[str, str]] = {
    "/accounts/organization/": {"organization": "acme", "next": "/"},
    "/admin/autocomplete/": {
        "term": "a",
        "app_label": "tenantry_users",
        "model_name": "apitoken",
        "field_name": "user",
    },
}
for contract in CONTRACTS.values():
    ELSEWHERE |= contract.elsewhere


@dataclass
class Ask:
    """One request, and which parameter it is about."""

    method: str
    url: str
    about: str
    query: str = ""
    body: bytes = b""
    content_type: str = "application/x-www-form-urlencoded"
    headers: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.method} {self.url[:80]} {self.about[:80]}"

    def by(self, client: Client) -> Any:
        return client.generic(
            self.method,
            self.url,
            self.body,
            self.content_type,
            QUERY_STRING=self.query,
            headers=self.headers,
        )


class Page(HTMLParser):
    """The fields of a page's forms with what they hold, and the parameters of its links."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.files: set[str] = set()
        self.parameters: set[str] = set()
        self._select = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {key: value or "" for key, value in attrs}
        name = given.get("name", "")
        if tag == "a":
            self.parameters |= parse_qs(urlsplit(given.get("href", "")).query).keys()
        elif tag == "select":
            self._select = name
            self.fields.setdefault(name, "")
        elif tag == "option" and "selected" in given:
            self.fields[self._select] = given.get("value", "")
        elif given.get("type") == "file":
            self.files.add(name)
        elif name and tag in {"input", "textarea", "button"}:
            self.fields.setdefault(name, given.get("value", "on"))


def sweep(client: Client, url: str) -> Iterator[Ask]:
    """Yield requests with each value in each parameter by itself; looks at the page first."""
    page, fields, names = _parameters(client, url)
    for text in TEXTS:
        yield from _in_path(url, text)
        for name in names:
            query = f"{quote(name)}={text}"
            yield Ask("GET", url, f"query {query}", query=query)
        yield Ask("GET", url, f"query {text}", query=f"{text}={text}&{text}__{text}={text}")
        for name in fields:
            others = urlencode({key: value for key, value in fields.items() if key != name})
            body = f"{others}&{quote(name)}={text}"
            yield Ask("POST", url, f"field {name}={text}", body=body.encode())
            body = f"{body}&{quote(name)}={text}"
            yield Ask("POST", url, f"field {name}={text}, twice", body=body.encode())
    for value in IN_JSON if url.startswith("/api/") else ():
        for name in fields:
            for method in ("POST", "PUT", "PATCH"):
                body = f'{{"{name}": {value}}}'
                yield Ask(method, url, f"JSON {body}", "", body.encode(), "application/json")
    for name in page.files:
        yield from _in_file(url, fields, name)
    if url in READ_HEADERS:
        yield from _in_headers(url)


def glance(client: Client, url: str) -> Iterator[Ask]:
    """Yield the same in fewer requests: NUL in the path, in the whole query, in the whole form."""
    _, fields, names = _parameters(client, url)
    yield from _in_path(url, NUL)
    yield Ask("GET", url, "query", query="&".join(f"{quote(name)}={NUL}" for name in names))
    form = "&".join(f"{quote(name)}={NUL}" for name in fields if name != "_organization")
    yield Ask("POST", url, "form", body=f"{form}&_organization=acme".encode())


def _parameters(client: Client, url: str) -> tuple[Page, dict[str, str], list[str]]:
    """Return an address's page, the fields of its forms, and the names that its query may have."""
    answer: Any = client.get(url)
    page = Page("" if answer.streaming else answer.content.decode())
    fields = {**dict.fromkeys(_documented(url), "1"), **page.fields, **ELSEWHERE.get(url, {})}
    return page, fields, sorted({*ANY_QUERY, *page.parameters, *fields})


@cache
def _document() -> dict[str, Any]:
    document: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return document


def _documented(url: str) -> Iterator[str]:
    match = resolve(url)
    path = url
    for value in match.kwargs.values():
        path = path.replace(f"/{value}/", "/{id}/")
    schemas = _document()["components"]["schemas"]
    for operation in _document()["paths"].get(path, {}).values():
        yield from (parameter["name"] for parameter in operation.get("parameters", ()))
        for content in operation.get("requestBody", {}).get("content", {}).values():
            named = content["schema"].get("$ref", "").rpartition("/")[2]
            yield from schemas.get(named, {}).get("properties", ())


def _in_path(url: str, text: str) -> Iterator[Ask]:
    for name, value in resolve(url).kwargs.items():
        for method in ("GET", "POST"):
            yield Ask(method, url.replace(f"/{value}/", f"/{text}/"), f"path {name}")


def _in_file(url: str, fields: dict[str, str], name: str) -> Iterator[Ask]:
    for content in IN_FILES:
        for filename in (b"a\0b.csv", b"\xed\xa0\x80.json", b"x" * 10_000):
            for kind in ("0", "1"):  # CSV and JSON
                head = b'--B\r\nContent-Disposition: form-data; name="%b"'
                parts = [
                    head % key.encode() + b"\r\n\r\n%b\r\n" % value.encode()
                    for key, value in (fields | {"format": kind}).items()
                ]
                file = head % name.encode() + b'; filename="%b"\r\n\r\n%b\r\n' % (filename, content)
                body = b"".join([*parts, file, b"--B--\r\n"])
                about = f"file {filename!r} {content!r}"
                yield Ask("POST", url, about, "", body, "multipart/form-data; boundary=B")


def _in_headers(url: str) -> Iterator[Ask]:
    for name in HEADERS:
        for value in IN_HEADERS:
            yield Ask("GET", url, f"header {name}", headers={name: value})
    for name in (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME):
        for value in IN_COOKIES:
            yield Ask("GET", url, f"cookie {name}={value}", headers={"Cookie": f"{name}={value}"})
