"""Serializers of /api/auth/ and /api/me/."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from shared_apps.core.devices import device_name
from shared_apps.organizations.models import Organization
from shared_apps.organizations.roles import Role
from shared_apps.users.models import MAX_NAME, SignInSession, User


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


class NameSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=MAX_NAME)


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
    code = serializers.CharField(
        required=False,
        allow_blank=True,
        help_text="With a second factor: a code of your authenticator app, or a recovery code.",
    )
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


class PasswordSerializer(serializers.Serializer[Any]):
    current = serializers.CharField(trim_whitespace=False, style={"input_type": "password"})
    new = serializers.CharField(trim_whitespace=False, style={"input_type": "password"})
    tokens = serializers.BooleanField(
        source="end_tokens", default=False, help_text="Whether your API tokens end, too."
    )


class SessionSerializer(serializers.ModelSerializer[SignInSession]):
    """A browser in which you are signed in."""

    device = serializers.SerializerMethodField(help_text="For example `Firefox on Windows`.")
    current = serializers.SerializerMethodField(help_text="Whether it sends this request.")

    class Meta:
        model = SignInSession
        fields = ("id", "device", "address", "last_used", "current")

    def get_device(self, session: SignInSession) -> str:
        return device_name(session.device)

    def get_current(self, session: SignInSession) -> bool:
        return session.pk == self.context.get("current")
