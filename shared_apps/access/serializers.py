"""Serializers of /api/auth/ and /api/me/."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from shared_apps.organizations.models import Organization
from shared_apps.organizations.roles import Role
from shared_apps.users.models import User


class OrganizationSerializer(serializers.Serializer[Any]):
    """An organization, and your role in it."""

    schema_name = serializers.CharField(source="organization.schema_name")
    name = serializers.CharField(source="organization.name")
    role = serializers.ChoiceField(choices=Role.choices)
    status = serializers.ChoiceField(
        source="organization.status", choices=Organization.Status.choices
    )
    currency = serializers.CharField(source="organization.currency")


class UserSerializer(serializers.ModelSerializer[User]):
    class Meta:
        model = User
        fields = ("id", "email", "name")


class MeSerializer(serializers.Serializer[Any]):
    """Your account and your organizations."""

    id = serializers.IntegerField()
    email = serializers.EmailField()
    name = serializers.CharField()
    organization = OrganizationSerializer(
        allow_null=True, help_text="The active organization; null if you cannot use it now."
    )
    organizations = OrganizationSerializer(many=True)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "The user's own organization",
            value={"email": "ada@example.com", "password": "correct horse battery staple"},
        )
    ]
)
class CredentialsSerializer(serializers.Serializer[Any]):
    email = serializers.CharField()
    password = serializers.CharField(trim_whitespace=False, style={"input_type": "password"})
    organization = serializers.CharField(
        required=False,
        allow_blank=True,
        help_text="Schema name of an organization. Without it, the token is for your own.",
    )


class TokenSerializer(serializers.Serializer[Any]):
    """A new token. Store it: no other response shows it."""

    token = serializers.CharField()
    expiry = serializers.DateTimeField()
    user = UserSerializer()
    organization = OrganizationSerializer()


@extend_schema_serializer(
    examples=[OpenApiExample("Another organization", value={"organization": "client2"})]
)
class OrganizationChoiceSerializer(serializers.Serializer[Any]):
    organization = serializers.CharField(help_text="Schema name of the organization.")
