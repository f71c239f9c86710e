"""The JSON of members and invitations."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from shared_apps.organizations.models import Invitation, Membership
from shared_apps.organizations.roles import Role
from shared_apps.users.models import MAX_EMAIL, User

MAX_TOKEN = 64  # characters; ours have 43


class PersonSerializer(serializers.ModelSerializer[User]):
    class Meta:
        model = User
        fields = ("id", "name")


class MemberUserSerializer(serializers.ModelSerializer[User]):
    email = serializers.SerializerMethodField(help_text="Null unless you are an admin or an owner.")

    class Meta:
        model = User
        fields = ("id", "name", "email")

    @extend_schema_field(serializers.EmailField(allow_null=True))
    def get_email(self, user: User) -> str | None:
        return user.email if self.context.get("show_emails") else None


@extend_schema_serializer(
    examples=[OpenApiExample("An admin", value={"role": "admin"}, request_only=True)]
)
class MemberSerializer(serializers.ModelSerializer[Membership]):
    """A person's membership of the organization."""

    user = MemberUserSerializer(read_only=True)
    role = serializers.ChoiceField(choices=Role.choices)
    joined_at = serializers.DateTimeField(source="created_at", read_only=True)

    class Meta:
        model = Membership
        fields = ("id", "user", "role", "joined_at")


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A member", value={"email": "ada@example.com", "role": "member"}, request_only=True
        )
    ]
)
class InvitationSerializer(serializers.ModelSerializer[Invitation]):
    """An address that may become a member until the invitation expires."""

    email = serializers.CharField(max_length=MAX_EMAIL)
    role = serializers.ChoiceField(choices=Role.choices)
    invited_by = PersonSerializer(
        source="inviter.user",
        default=None,
        read_only=True,
        allow_null=True,
        help_text="Null if staff or a key invited.",
    )

    class Meta:
        model = Invitation
        fields = ("id", "email", "role", "invited_by", "expires_at", "created_at")
        read_only_fields = ("expires_at", "created_at")


class OfferSerializer(serializers.Serializer[Any]):
    """An offer of the ownership."""

    member = serializers.IntegerField(source="to_id", help_text="The id of the member.")
    expires_at = serializers.DateTimeField()


class TokenOfInvitationSerializer(serializers.Serializer[Any]):
    token = serializers.CharField(
        max_length=MAX_TOKEN, help_text="The last part of the link in the mail."
    )
