"""The JSON of tokens and keys."""

from datetime import timedelta
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from shared_apps.api.fields import IntegerField
from shared_apps.organizations.roles import Role
from shared_apps.users.models import MAX_SCOPE, MAX_TOKEN_NAME, ApiToken

from .serializers import OrganizationSerializer

MAX_OVERLAP = 168  # hours

KEY_ROLES = [(role.value, role.label) for role in (Role.ADMIN, Role.MEMBER)]
"""A key is never an owner."""

_FIELDS = ("id", "name", "prefix", "scopes", "organization", "expiry", "last_used", "created_at")


class ScopesField(serializers.ListField):
    """Scopes of the table in docs/people.md; null for all that the role may do."""

    child = serializers.CharField(max_length=MAX_SCOPE)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            allow_null=True,
            required=False,
            help_text="What it may do, such as `read`; null for all that its role may do.",
            **kwargs,
        )


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A token that only reads",
            value={"name": "Report", "scopes": ["read"], "expiry": "2027-06-30T00:00:00Z"},
            request_only=True,
        )
    ]
)
class MyTokenSerializer(serializers.ModelSerializer[ApiToken]):
    """A token of yours, or of a sign-in by the API."""

    name = serializers.CharField(max_length=MAX_TOKEN_NAME)
    scopes = ScopesField()
    organization = OrganizationSerializer(source="membership", read_only=True)
    expiry = serializers.DateTimeField(
        allow_null=True, required=False, help_text="Null if it does not expire."
    )
    last_used = serializers.DateField(
        source="last_used_on",
        read_only=True,
        allow_null=True,
        help_text="A day; null if it was never used.",
    )

    class Meta:
        model = ApiToken
        fields: Any = _FIELDS
        read_only_fields = ("prefix", "created_at")


class MyNewTokenSerializer(MyTokenSerializer):
    """A new token. Store it: no later response shows it."""

    token = serializers.CharField(read_only=True)

    class Meta(MyTokenSerializer.Meta):
        fields: Any = (*_FIELDS, "token")


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A key that places orders",
            value={"name": "Shop", "role": "member", "scopes": ["read", "orders:write"]},
            request_only=True,
        )
    ]
)
class KeySerializer(MyTokenSerializer):
    """A key of the organization, which acts as its role and belongs to no person."""

    organization = OrganizationSerializer(source="*", read_only=True)
    role = serializers.ChoiceField(choices=KEY_ROLES, default=Role.ADMIN)

    class Meta(MyTokenSerializer.Meta):
        fields: Any = (*_FIELDS, "role")


class NewKeySerializer(KeySerializer):
    """A new key. Store it: no later response shows it."""

    token = serializers.CharField(read_only=True)

    class Meta(KeySerializer.Meta):
        fields: Any = (*_FIELDS, "role", "token")


class KeyRotationSerializer(serializers.Serializer[Any]):
    overlap_hours = IntegerField(
        min_value=0, max_value=MAX_OVERLAP, default=24, help_text="How long the old key works, too."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return {"overlap": timedelta(hours=attrs["overlap_hours"])}
