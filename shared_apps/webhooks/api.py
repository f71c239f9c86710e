"""The API of webhooks."""

from http import HTTPStatus
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from shared_apps.access.requests import TenantRequest
from tenantry.roles import as_owner

from . import roles, services
from .callers import Caller
from .models import Delivery, Endpoint
from .serializers import (
    DeliverySerializer,
    RedeliveredSerializer,
    RedeliverySerializer,
    RotationSerializer,
    WebhookSerializer,
    WebhookWithSecretSerializer,
)


class WebhookViewSet(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    viewsets.GenericViewSet[Any],
):
    """Webhooks of the caller's organization, for admins and owners."""

    request: TenantRequest
    required_actions: ClassVar = dict.fromkeys(
        (
            "list",
            "retrieve",
            "create",
            "partial_update",
            "destroy",
            "deliveries",
            "rotate",
            "redeliver",
        ),
        roles.MANAGE,
    )
    queryset = Endpoint.objects.order_by("id")
    serializer_class = WebhookSerializer
    filter_backends = ()
    lookup_value_regex = "[0-9]+"

    @as_owner(reason="The webhooks of all organizations are in two tables.")
    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        return super().dispatch(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[Endpoint]:
        return super().get_queryset().filter(schema_name=self.request.organization.schema_name)

    def get_serializer_class(self) -> Any:
        return {"rotate": RotationSerializer, "redeliver": RedeliverySerializer}.get(
            self.action, WebhookSerializer
        )

    @extend_schema(
        request={"application/json": WebhookSerializer},
        responses={HTTPStatus.CREATED: WebhookWithSecretSerializer},
    )
    def create(self, request: TenantRequest) -> Response:
        """Register a webhook. The response has its secret, which no other response shows."""
        given = self._validated(request)
        endpoint, secret = services.webhook_create(
            organization=request.organization, caller=Caller.of(request), **given
        )
        return Response(_with_secret(endpoint, secret), status=HTTPStatus.CREATED)

    @extend_schema(request={"application/json": WebhookSerializer}, responses=WebhookSerializer)
    def partial_update(self, request: TenantRequest, pk: str) -> Response:
        """Change a webhook, or switch it on or off."""
        endpoint = self.get_object()
        given = self._validated(request, endpoint, partial=True)
        changed = services.webhook_change(endpoint=endpoint, caller=Caller.of(request), **given)
        return Response(WebhookSerializer(changed).data)

    def destroy(self, request: TenantRequest, pk: str) -> Response:
        """Delete a webhook with its deliveries."""
        services.webhook_delete(endpoint=self.get_object(), caller=Caller.of(request))
        return Response(status=HTTPStatus.NO_CONTENT)

    @extend_schema(responses=DeliverySerializer(many=True))
    @action(detail=True)
    def deliveries(self, request: TenantRequest, pk: str) -> Response:
        """List the messages of the last 7 days, the newest first."""
        page = self.paginate_queryset(self.get_object().deliveries.order_by("-id"))
        return self.get_paginated_response(DeliverySerializer(page, many=True).data)

    @extend_schema(
        request={"application/json": RotationSerializer}, responses=WebhookWithSecretSerializer
    )
    @action(detail=True, methods=["post"])
    def rotate(self, request: TenantRequest, pk: str) -> Response:
        """Replace the secret. During the overlap messages have a signature by each of both."""
        endpoint = self.get_object()
        secret = services.webhook_rotate(
            endpoint=endpoint, caller=Caller.of(request), **self._validated(request)
        )
        return Response(_with_secret(endpoint, secret))

    @extend_schema(
        request={"application/json": RedeliverySerializer},
        responses={HTTPStatus.ACCEPTED: RedeliveredSerializer},
    )
    @action(detail=True, methods=["post"])
    def redeliver(self, request: TenantRequest, pk: str) -> Response:
        """Deliver one message again, or all since a moment."""
        endpoint = self.get_object()
        given = self._validated(request)
        if "since" in given:
            chosen = Delivery.objects.filter(created_at__gte=given["since"])
        else:
            chosen = Delivery.objects.filter(pk=given["delivery"])
        count = services.webhook_redeliver(
            endpoint=endpoint, caller=Caller.of(request), chosen=chosen
        )
        if not count and "delivery" in given:
            raise Http404
        return Response({"count": count}, status=HTTPStatus.ACCEPTED)

    def _validated(
        self, request: TenantRequest, endpoint: Endpoint | None = None, *, partial: bool = False
    ) -> dict[str, Any]:
        serializer = self.get_serializer(endpoint, data=request.data, partial=partial)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)


def _with_secret(endpoint: Endpoint, secret: str) -> dict[str, Any]:
    return {**WebhookSerializer(endpoint).data, "secret": secret}
