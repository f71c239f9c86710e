"""The shapes of signing in and of "who am I"."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from shared_apps.organizations.models import Organization
from shared_apps.organizations.roles import Role
from shared_apps.users.models import User


class OrganizationSerializer(serializers.Serializer[Any]):
    """An organization as one of its members sees it: the same object everywhere.

    Made from whatever has an organization and a role: a membership, a principal.
    """

    schema_name = serializers.CharField(source="organization.schema_name")
    name = serializers.CharField(source="organization.name")
    role = serializers.ChoiceField(choices=Role.choices)
    status = serializers.ChoiceField(
        source="organization.status", choices=Organization.Status.choices
    )
    currency = serializers.CharField(source="organization.currency")


class UserSerializer(serializers.ModelSerializer[User]):
    """A person, as they see themselves."""

    class Meta:
        model = User
        fields = ("id", "email", "name")


class MeSerializer(serializers.Serializer[Any]):
    """The caller: where they work now, and every organization they belong to."""

    id = serializers.IntegerField()
    email = serializers.EmailField()
    name = serializers.CharField()
    organization = OrganizationSerializer(allow_null=True, help_text="Null when unusable.")
    organizations = OrganizationSerializer(many=True)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "To one's own organization",
            value={"email": "ada@example.com", "password": "correct horse battery staple"},
        )
    ]
)
class CredentialsSerializer(serializers.Serializer[Any]):
    """What signing in takes."""

    email = serializers.CharField()
    password = serializers.CharField(trim_whitespace=False, style={"input_type": "password"})
    organization = serializers.CharField(
        required=False,
        allow_blank=True,
        help_text="Schema name; the user's own organization when absent or empty.",
    )


class TokenSerializer(serializers.Serializer[Any]):
    """What signing in gives: the only time the token can be seen."""

    token = serializers.CharField()
    expiry = serializers.DateTimeField()
    user = UserSerializer()
    organization = OrganizationSerializer()


@extend_schema_serializer(
    examples=[OpenApiExample("Another one", value={"organization": "client2"})]
)
class OrganizationChoiceSerializer(serializers.Serializer[Any]):
    """Where the session is to work from now on."""

    organization = serializers.CharField(help_text="Schema name.")
