"""Idempotency-Key: a request that is sent twice is done once, and answered twice.

As https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/ has it.
"""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from http import HTTPStatus
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ParseError
from rest_framework.response import Response

from shared_apps.access.requests import TenantRequest
from shared_apps.api.renderers import JSONRenderer
from shared_apps.core.errors import DomainError

from .models import IdempotencyKey

KEPT = timedelta(hours=24)

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "pattern": "^[!-~]{1,255}$"},
    OpenApiParameter.HEADER,
    description="A name for this request; sent again within 24 hours, it gets the first answer.",
)
IDEMPOTENT_REPLAYED = OpenApiParameter(
    "Idempotent-Replayed",
    location=OpenApiParameter.HEADER,
    response=[HTTPStatus.CREATED],
    description="`true` when this is the answer to an earlier request with the same key.",
)

_ACCEPTABLE = re.compile(r"[!-~]{1,255}", re.ASCII)


def answer_once(request: TenantRequest, answer: Callable[[TenantRequest], Response]) -> Response:
    """Answer a request, and one with the same Idempotency-Key in the same words.

    The key is kept in the transaction of what the request does: both are there, or neither, also
    when the process dies. A request that arrives while the first is being answered waits for it.
    What is refused leaves no key. Without one, nothing is added.

    Args:
        answer: what answers; it must raise what it refuses.

    Raises:
        DomainError: 400 `invalid_idempotency_key`; 422 `idempotency_key_reused`, when the key came
            with another body before.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return answer(request)
    if not _ACCEPTABLE.fullmatch(key):
        raise DomainError(
            "invalid_idempotency_key",
            "An Idempotency-Key has 1 to 255 visible ASCII characters.",
            HTTPStatus.BAD_REQUEST,
        )
    digest = _digest(request.data)
    with transaction.atomic():
        claimed = _claim(request.user.pk, key, digest)
        if claimed is None:
            return _replayed(IdempotencyKey.objects.get(user=request.user, key=key), digest)
        response = answer(request)
        kept = JSONRenderer().render(response.data).decode()
        IdempotencyKey.objects.filter(pk=claimed).update(status=response.status_code, answer=kept)
    return response


def clear_keys() -> int:
    """Remove the active organization's keys that count no more, and return their number."""
    return IdempotencyKey.objects.filter(created_at__lt=timezone.now() - KEPT).delete()[0]


def _digest(data: Any) -> str:
    try:
        written = json.dumps(data, sort_keys=True, default=str)
    except RecursionError as error:
        raise ParseError("JSON parse error - nested too deeply") from error
    return sha256(written.encode()).hexdigest()


def _claim(user_id: int, key: str, digest: str) -> int | None:
    """Take the key, which waits for whoever is taking it; None when it was taken before."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO tenantry_orders_idempotencykey AS kept
                (user_id, key, request, status, answer, created_at)
            VALUES (%s, %s, %s, 0, '', statement_timestamp())
            ON CONFLICT (user_id, key) DO UPDATE
            SET request = excluded.request, created_at = excluded.created_at
            WHERE kept.created_at < excluded.created_at - make_interval(secs => %s)
            RETURNING id
            """,
            [user_id, key, digest, KEPT.total_seconds()],
        )
        row = cursor.fetchone()
    return row[0] if row else None


def _replayed(kept: IdempotencyKey, digest: str) -> Response:
    if kept.request != digest:
        raise DomainError(
            "idempotency_key_reused",
            "This Idempotency-Key was used for another request.",
            HTTPStatus.UNPROCESSABLE_ENTITY,
        )
    headers = {"Idempotent-Replayed": "true"}
    return Response(json.loads(kept.answer), status=kept.status, headers=headers)
