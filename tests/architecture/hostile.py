"""Requests with malformed values in each parameter of each URL.

The parameters come from the URL's page and the OpenAPI document, so new fields are included.
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

# Percent-encoded, since a Python string cannot contain invalid UTF-8.
NUL = "a%00b"
TEXTS = (NUL, "a%ed%a0%80b", "x" * 10_000, "9" * 5000, "-1e9999", "")
JSON_VALUES = (
    '"a\\u0000b"',
    '"\\ud800"',
    f'"{"x" * 10_000}"',
    "-1e999",
    "[1]",
    '{"a": []}',
    "null",
)
FILES = (
    b"a\0b",
    b"\xff\xfe\0",
    b"sku,price\na\0b,1\n",
    b'[{"sku": [1]}]',
    b'[{"sku": "\\ud800"}]',
)
HEADER_VALUES = ("a\0b", "Token a\0b", "a\xed\xa0\x80b", "x" * 10_000, "")
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
# A quoted cookie can contain any character in octal.
COOKIE_VALUES = ('"12345678\\000"', "a\xed\xa0\x80b" * 4, "x" * 10_000, "")
# Parameters of Django's lists and of DRF.
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
# Fields of URLs without a page: their forms are on other pages.
FORMS_ELSEWHERE: dict[str, Mapping[str, str]] = {
    "/accounts/organization/": {"organization": "acme", "next": "/"},
    "/admin/autocomplete/": {
        "term": "a",
        "app_label": "tenantry_users",
        "model_name": "apitoken",
        "field_name": "user",
    },
}
for contract in CONTRACTS.values():
    FORMS_ELSEWHERE |= contract.elsewhere


@dataclass
class Attempt:
    """One request, and the parameter under test."""

    method: str
    url: str
    parameter: str
    query: str = ""
    body: bytes = b""
    content_type: str = "application/x-www-form-urlencoded"
    headers: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.method} {self.url[:80]} {self.parameter[:80]}"

    def send(self, client: Client) -> Any:
        return client.generic(
            self.method,
            self.url,
            self.body,
            self.content_type,
            QUERY_STRING=self.query,
            headers=self.headers,
        )


class Page(HTMLParser):
    """The fields of a page's forms with their values, and the parameters of its links."""

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


def sweep(client: Client, url: str) -> Iterator[Attempt]:
    """Yield a request for each value in each parameter; reads the page first."""
    page, fields, names = _parameters(client, url)
    for text in TEXTS:
        yield from _in_path(url, text)
        for name in names:
            query = f"{quote(name)}={text}"
            yield Attempt("GET", url, f"query {query}", query=query)
        yield Attempt("GET", url, f"query {text}", query=f"{text}={text}&{text}__{text}={text}")
        for name in fields:
            others = urlencode({key: value for key, value in fields.items() if key != name})
            body = f"{others}&{quote(name)}={text}"
            yield Attempt("POST", url, f"field {name}={text}", body=body.encode())
            body = f"{body}&{quote(name)}={text}"
            yield Attempt("POST", url, f"field {name}={text}, twice", body=body.encode())
    for value in JSON_VALUES if url.startswith("/api/") else ():
        for name in fields:
            for method in ("POST", "PUT", "PATCH"):
                body = f'{{"{name}": {value}}}'
                yield Attempt(method, url, f"JSON {body}", "", body.encode(), "application/json")
    for name in page.files:
        yield from _in_file(url, fields, name)
    if url in READ_HEADERS:
        yield from _in_headers(url)


def glance(client: Client, url: str) -> Iterator[Attempt]:
    """Yield three kinds of requests: NUL in the path, in the whole query, in the whole form."""
    _, fields, names = _parameters(client, url)
    yield from _in_path(url, NUL)
    yield Attempt("GET", url, "query", query="&".join(f"{quote(name)}={NUL}" for name in names))
    form = "&".join(f"{quote(name)}={NUL}" for name in fields if name != "_organization")
    yield Attempt("POST", url, "form", body=f"{form}&_organization=acme".encode())


def _parameters(client: Client, url: str) -> tuple[Page, dict[str, str], list[str]]:
    """Return a URL's page, the fields of its forms, and the parameters of its query."""
    response: Any = client.get(url)
    page = Page("" if response.streaming else response.content.decode())
    fields = {**dict.fromkeys(_documented(url), "1"), **page.fields, **FORMS_ELSEWHERE.get(url, {})}
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


def _in_path(url: str, text: str) -> Iterator[Attempt]:
    for name, value in resolve(url).kwargs.items():
        for method in ("GET", "POST"):
            yield Attempt(method, url.replace(f"/{value}/", f"/{text}/"), f"path {name}")


def _in_file(url: str, fields: dict[str, str], name: str) -> Iterator[Attempt]:
    for content in FILES:
        for filename in (b"a\0b.csv", b"\xed\xa0\x80.json", b"x" * 10_000):
            for kind in ("0", "1"):  # CSV and JSON
                head = b'--B\r\nContent-Disposition: form-data; name="%b"'
                parts = [
                    head % key.encode() + b"\r\n\r\n%b\r\n" % value.encode()
                    for key, value in (fields | {"format": kind}).items()
                ]
                file = head % name.encode() + b'; filename="%b"\r\n\r\n%b\r\n' % (filename, content)
                body = b"".join([*parts, file, b"--B--\r\n"])
                parameter = f"file {filename!r} {content!r}"
                yield Attempt("POST", url, parameter, "", body, "multipart/form-data; boundary=B")


def _in_headers(url: str) -> Iterator[Attempt]:
    for name in HEADERS:
        for value in HEADER_VALUES:
            yield Attempt("GET", url, f"header {name}", headers={name: value})
    for name in (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME):
        for value in COOKIE_VALUES:
            yield Attempt(
                "GET", url, f"cookie {name}={value}", headers={"Cookie": f"{name}={value}"}
            )
