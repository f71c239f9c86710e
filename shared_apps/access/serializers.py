"""Serializers of /api/auth/ and /api/me/."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from shared_apps.organizations.models import Organization
from shared_apps.organizations.roles import Role
from shared_apps.users.models import User


class OrganizationSerializer(serializers.Serializer[Any]):
    """An organization and the caller's role in it, from a membership or a principal."""

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
    """The caller, the active organization and all organizations of the caller."""

    id = serializers.IntegerField()
    email = serializers.EmailField()
    name = serializers.CharField()
    organization = OrganizationSerializer(allow_null=True, help_text="Null when unusable.")
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
        help_text="Schema name; the user's own organization when absent or empty.",
    )


class TokenSerializer(serializers.Serializer[Any]):
    """The response of a sign-in, the only one that contains the token."""

    token = serializers.CharField()
    expiry = serializers.DateTimeField()
    user = UserSerializer()
    organization = OrganizationSerializer()


@extend_schema_serializer(
    examples=[OpenApiExample("Another organization", value={"organization": "client2"})]
)
class OrganizationChoiceSerializer(serializers.Serializer[Any]):
    organization = serializers.CharField(help_text="Schema name.")
