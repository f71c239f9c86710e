"""/api/organization/: the facts of the caller's organization, its keys and its audit log."""

from http import HTTPStatus
from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from shared_apps.audit.models import AuditEntry
from shared_apps.organizations.services import organization_change
from shared_apps.users.models import ApiToken
from tenantry.context import tenant_context

from . import roles
from .actors import membership_of
from .audit_log import entries_of
from .keys import key_create, key_delete, key_rotate, keys_of
from .organization_serializers import EntrySerializer, FactsSerializer
from .permissions import IsPerson, RoleAllows
from .requests import TenantRequest
from .token_serializers import KeyRotationSerializer, KeySerializer, NewKeySerializer


class OrganizationViewSet(viewsets.GenericViewSet[Any]):
    request: TenantRequest
    required_actions: ClassVar = {"retrieve": roles.READ, "partial_update": roles.CHANGE}
    serializer_class = FactsSerializer

    def retrieve(self, request: TenantRequest) -> Response:
        """Get the facts of your organization."""
        return Response(self.get_serializer(request.organization).data)

    @extend_schema(request={"application/json": FactsSerializer}, responses=FactsSerializer)
    @tenant_context(None)  # Its role cannot write organizations.
    def partial_update(self, request: TenantRequest) -> Response:
        """Change the settings of your organization, as an owner."""
        serializer = self.get_serializer(request.organization, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        organization = organization_change(
            organization=request.organization,
            actor=membership_of(request),
            **serializer.validated_data,
        )
        return Response(self.get_serializer(organization).data)


class KeyViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Any]):
    """Keys of the organization, for admins and owners, the newest first."""

    request: TenantRequest
    permission_classes = (IsPerson, RoleAllows)
    required_actions: ClassVar = dict.fromkeys(
        ("list", "create", "destroy", "rotate"), roles.MANAGE_KEYS
    )
    queryset = ApiToken.objects.all()
    serializer_class = KeySerializer
    filter_backends = ()
    lookup_value_regex = "[0-9]+"

    @tenant_context(None)  # The tokens of all organizations are in `public`.
    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        return super().dispatch(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[ApiToken]:
        return keys_of(self.request.organization)

    def get_serializer_class(self) -> Any:
        return KeyRotationSerializer if self.action == "rotate" else KeySerializer

    @extend_schema(
        request={"application/json": KeySerializer},
        responses={HTTPStatus.CREATED: NewKeySerializer},
    )
    def create(self, request: TenantRequest) -> Response:
        """Make a key. No other response shows it."""
        key, plaintext = key_create(
            organization=request.organization,
            actor=membership_of(request),
            principal=request.principal,
            **self._validated(request),
        )
        return Response(_with_plaintext(key, plaintext), status=HTTPStatus.CREATED)

    def destroy(self, request: TenantRequest, pk: str) -> Response:
        """Delete a key. It stops immediately."""
        key_delete(key=self.get_object(), actor=membership_of(request))
        return Response(status=HTTPStatus.NO_CONTENT)

    @extend_schema(
        request={"application/json": KeyRotationSerializer},
        responses={HTTPStatus.CREATED: NewKeySerializer, HTTPStatus.CONFLICT: None},
    )
    @action(detail=True, methods=["post"])
    def rotate(self, request: TenantRequest, pk: str) -> Response:
        """Replace a key by a new one. The old one works until the overlap ends."""
        key, plaintext = key_rotate(
            key=self.get_object(),
            actor=membership_of(request),
            principal=request.principal,
            **self._validated(request),
        )
        return Response(_with_plaintext(key, plaintext), status=HTTPStatus.CREATED)

    def _validated(self, request: TenantRequest) -> dict[str, Any]:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)


def _with_plaintext(key: ApiToken, plaintext: str) -> dict[str, Any]:
    return {**KeySerializer(key).data, "token": plaintext}


class AuditLogViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Any]):
    """The audit log of the organization, for admins and owners, the newest entries first."""

    request: TenantRequest
    required_actions: ClassVar = {"list": roles.READ_AUDIT_LOG}
    queryset = AuditEntry.objects.all()
    serializer_class = EntrySerializer
    filter_backends = ()

    @tenant_context(None)  # The log of all organizations is in `public`.
    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        return super().dispatch(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[AuditEntry]:
        return entries_of(self.request.organization)
