"""Turns exceptions of views into responses of the API."""

from typing import Any

from django.core.exceptions import ValidationError as ModelValidationError
from django.db import IntegrityError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.fields import get_error_detail
from rest_framework.response import Response
from rest_framework.views import exception_handler as drf_exception_handler

from shared_apps.core.constraints import constraint_violation
from shared_apps.core.errors import MALFORMED, DomainError, malformed, not_authenticated


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Return the response for an exception (DRF's EXCEPTION_HANDLER).

    A constraint that a concurrent request violates gives the same error as the serializer.
    """
    if isinstance(error, IntegrityError):
        error = constraint_violation(error) or error
    if isinstance(error, MALFORMED):
        error = malformed(error)
    if isinstance(error, exceptions.NotAuthenticated):
        error = not_authenticated()
    if isinstance(error, Http404):  # Its text names the model.
        error = exceptions.NotFound()
    if isinstance(error, DomainError):
        return Response(error.as_body(), status=error.status, headers=error.as_headers())
    if isinstance(error, ModelValidationError):
        detail = _named_as_sent(get_error_detail(error), context.get("view"))
        error = exceptions.ValidationError(detail)
    response = drf_exception_handler(error, context)
    if response is None:
        return None
    if isinstance(response.data, list):  # The error belongs to no field.
        response.data = {"detail": response.data[0]}
    detail = response.data.get("detail")
    if isinstance(detail, exceptions.ErrorDetail):
        response.data["code"] = detail.code
    return response


def _named_as_sent(detail: Any, view: Any) -> Any:
    """Replace names of the model's fields by names of the serializer's fields (`source`)."""
    if not isinstance(detail, dict):
        return detail
    try:
        fields = view.get_serializer().fields.items()
    except (AssertionError, AttributeError):  # A view without a serializer.
        return detail
    names = {field.source: name for name, field in fields if not field.read_only}
    return {names.get(field, field): texts for field, texts in detail.items()}
