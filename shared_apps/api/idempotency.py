"""Idempotency-Key: a request that is sent twice runs once and gets the same response twice.

https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
"""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial, wraps
from hashlib import sha256
from http import HTTPStatus
from typing import Any, TypeVar, cast

from django.db import connection, transaction
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response

from shared_apps.core.errors import DomainError
from tenantry.context import require_schema
from tenantry.roles import as_owner

from .models import IdempotencyKey
from .parsers import TOO_DEEP
from .renderers import JSONRenderer

V = TypeVar("V", bound=Callable[..., Response])

_ONE_TABLE = "The keys of all organizations are in one table."

KEPT = timedelta(hours=24)

_DOCUMENTED = [
    OpenApiParameter(
        "Idempotency-Key",
        {"type": "string", "pattern": "^[!-~]{1,255}$"},
        OpenApiParameter.HEADER,
        description="A unique name for this request. If you send the request again within "
        "24 hours, you get the first response again, and nothing is done twice.",
    ),
    OpenApiParameter(
        "Idempotent-Replayed",
        location=OpenApiParameter.HEADER,
        response=[HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.NO_CONTENT],
        description="`true` if this is the response to an earlier request with the same key.",
    ),
]
_VALID_KEY = re.compile(r"[!-~]{1,255}", re.ASCII)


def idempotent(view: V) -> V:
    """Decorate a method of a view: requests with the same Idempotency-Key get the same response.

    Place it directly above the method. The method needs an active organization, and must raise its
    errors: a request that failed stores no key. An Idempotency-Key belongs to one user, or to one
    key of the API, in one organization. It is stored in the transaction of the method, so both
    commit or neither does. A second request waits until the first one ends. For an uploaded file,
    only the name is compared.

    Raises:
        DomainError: 400 `invalid_idempotency_key`; 422 `idempotency_key_reused` if the key was sent
            with another body or path before.
    """

    @extend_schema(parameters=_DOCUMENTED)
    @wraps(view)
    def run(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        respond = partial(view, self, request, *args, **kwargs)
        key = request.headers.get("Idempotency-Key")
        return respond() if key is None else _respond_once(request, key, respond)

    return cast("V", run)


def clear_keys() -> int:
    """Delete expired keys of all organizations, and return their number."""
    return IdempotencyKey.objects.filter(created_at__lt=timezone.now() - KEPT).delete()[0]


def _respond_once(request: Request, key: str, respond: Callable[[], Response]) -> Response:
    content = [request.method, request.path, request.data]
    with claimed(caller=cast("Any", request.auth).name, key=key, content=content) as claim:
        if claim.earlier:
            data = json.loads(claim.earlier.response) if claim.earlier.response else None
            replayed = {"Idempotent-Replayed": "true"}
            return Response(data, status=claim.earlier.status, headers=replayed)
        response = respond()
        body = "" if response.data is None else JSONRenderer().render(response.data).decode()
        claim.store(status=response.status_code, response=body)
    return response


@dataclass(frozen=True, slots=True)
class Claim:
    """An idempotency key in the transaction of its request.

    Attributes:
        pk: of the key of the first request; 0 in a later one.
        earlier: the key with the response to the first request; None in the first request.
    """

    pk: int
    earlier: IdempotencyKey | None = None

    @as_owner(reason=_ONE_TABLE)
    def store(self, *, status: int, response: str) -> None:
        """Store the response of the first request for later ones."""
        IdempotencyKey.objects.filter(pk=self.pk).update(status=status, response=response)


@contextmanager
def claimed(*, caller: str, key: str, content: Any) -> Iterator[Claim]:
    """Run the block in a transaction that claims a key. A page calls this for its form.

    A block that raises an error stores no key. A second request waits until the first one ends.

    Args:
        caller: `name` of the principal.
        content: what the request contains, as JSON; another content with the same key is an error.

    Raises:
        DomainError: as `idempotent` does.
    """
    if not _VALID_KEY.fullmatch(key):
        raise DomainError(
            "invalid_idempotency_key",
            "The Idempotency-Key is not valid. Use 1 to 255 visible ASCII characters.",
            HTTPStatus.BAD_REQUEST,
        )
    digest = _digest(content)
    name = (require_schema("idempotency keys"), caller, key)
    with transaction.atomic():
        pk = _claim(*name, digest)
        yield Claim(pk, None if pk else _earlier(*name, digest))


def _digest(content: Any) -> str:
    try:
        written = json.dumps(content, sort_keys=True, default=str)
    except RecursionError as error:
        raise ParseError(TOO_DEEP) from error
    return sha256(written.encode()).hexdigest()


@as_owner(reason=_ONE_TABLE)
def _claim(schema_name: str, caller: str, key: str, digest: str) -> int:
    """Insert the key and return its id; 0 if it exists. Wait for a concurrent request."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO public.tenantry_api_idempotencykey AS kept
                (schema_name, caller, key, request, status, response, created_at)
            VALUES (%s, %s, %s, %s, 0, '', statement_timestamp())
            ON CONFLICT (schema_name, caller, key) DO UPDATE
            SET request = excluded.request, created_at = excluded.created_at
            WHERE kept.created_at < excluded.created_at - make_interval(secs => %s)
            RETURNING id
            """,
            [schema_name, caller, key, digest, KEPT.total_seconds()],
        )
        row = cursor.fetchone()
    return row[0] if row else 0


@as_owner(reason=_ONE_TABLE)
def _earlier(schema_name: str, caller: str, key: str, digest: str) -> IdempotencyKey:
    earlier = IdempotencyKey.objects.get(schema_name=schema_name, caller=caller, key=key)
    if earlier.request != digest:
        raise DomainError(
            "idempotency_key_reused",
            "This Idempotency-Key was used for another request. Use a new key.",
            HTTPStatus.UNPROCESSABLE_ENTITY,
        )
    return earlier
