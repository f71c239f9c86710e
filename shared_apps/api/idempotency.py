"""Idempotency-Key: a request that is sent twice is done once, and answered twice.

As https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/ has it.
"""

import json
import re
from collections.abc import Callable
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

from .models import IdempotencyKey
from .renderers import JSONRenderer

V = TypeVar("V", bound=Callable[..., Response])

KEPT = timedelta(hours=24)

_DOCUMENTED = [
    OpenApiParameter(
        "Idempotency-Key",
        {"type": "string", "pattern": "^[!-~]{1,255}$"},
        OpenApiParameter.HEADER,
        description="A name for this request; sent again within 24 hours, it gets the first "
        "answer.",
    ),
    OpenApiParameter(
        "Idempotent-Replayed",
        location=OpenApiParameter.HEADER,
        response=[HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.NO_CONTENT],
        description="`true` when this is the answer to an earlier request with the same key.",
    ),
]
_ACCEPTABLE = re.compile(r"[!-~]{1,255}", re.ASCII)


def idempotent(view: V) -> V:
    """Let a method of a view answer a request, and those that repeat its key, in the same words.

    Stands directly above the method, which works in an organization and raises its errors: those
    leave no key. A key belongs to the caller in the organization. It is written in the transaction
    of what the method does: both are there, or neither, also when the process dies. A request that
    arrives while the first is being answered waits for it. Without the header, nothing is added.

    An uploaded file counts by its name.

    Raises:
        DomainError: 400 `invalid_idempotency_key`; 422 `idempotency_key_reused`, when the key came
            with another body or to another address before.
    """

    @extend_schema(parameters=_DOCUMENTED)
    @wraps(view)
    def answer_once(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        answer = partial(view, self, request, *args, **kwargs)
        key = request.headers.get("Idempotency-Key")
        return answer() if key is None else _answer_once(request, key, answer)

    return cast("V", answer_once)


def clear_keys() -> int:
    """Remove the keys of all organizations that count no more, and return their number."""
    return IdempotencyKey.objects.filter(created_at__lt=timezone.now() - KEPT).delete()[0]


def _answer_once(request: Request, key: str, answer: Callable[[], Response]) -> Response:
    if not _ACCEPTABLE.fullmatch(key):
        raise DomainError(
            "invalid_idempotency_key",
            "An Idempotency-Key has 1 to 255 visible ASCII characters.",
            HTTPStatus.BAD_REQUEST,
        )
    digest = _digest(request)
    name = (require_schema("idempotency keys"), str(request.user.pk), key)
    with transaction.atomic():
        claimed = _claim(*name, digest)
        if claimed is None:
            return _replayed(*name, digest)
        response = answer()
        kept = "" if response.data is None else JSONRenderer().render(response.data).decode()
        IdempotencyKey.objects.filter(pk=claimed).update(status=response.status_code, answer=kept)
    return response


def _digest(request: Request) -> str:
    try:
        written = json.dumps(
            [request.method, request.path, request.data], sort_keys=True, default=str
        )
    except RecursionError as error:
        raise ParseError("JSON parse error - nested too deeply") from error
    return sha256(written.encode()).hexdigest()


def _claim(schema_name: str, caller: str, key: str, digest: str) -> int | None:
    """Take the key, once no other request is taking it; None when it was taken before."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO public.tenantry_api_idempotencykey AS kept
                (schema_name, caller, key, request, status, answer, created_at)
            VALUES (%s, %s, %s, %s, 0, '', statement_timestamp())
            ON CONFLICT (schema_name, caller, key) DO UPDATE
            SET request = excluded.request, created_at = excluded.created_at
            WHERE kept.created_at < excluded.created_at - make_interval(secs => %s)
            RETURNING id
            """,
            [schema_name, caller, key, digest, KEPT.total_seconds()],
        )
        row = cursor.fetchone()
    return row[0] if row else None


def _replayed(schema_name: str, caller: str, key: str, digest: str) -> Response:
    kept = IdempotencyKey.objects.get(schema_name=schema_name, caller=caller, key=key)
    if kept.request != digest:
        raise DomainError(
            "idempotency_key_reused",
            "This Idempotency-Key was used for another request.",
            HTTPStatus.UNPROCESSABLE_ENTITY,
        )
    data = json.loads(kept.answer) if kept.answer else None
    return Response(data, status=kept.status, headers={"Idempotent-Replayed": "true"})
