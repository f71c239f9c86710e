"""The JSON of an organization's facts and of its audit log."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from shared_apps.api.fields import OptionalBoolean
from shared_apps.audit.models import AuditEntry
from shared_apps.organizations.models import Organization


@extend_schema_serializer(
    component_name="OrganizationFacts",
    examples=[
        OpenApiExample("Another name", value={"name": "Ada & Sons"}, request_only=True),
    ],
)
class FactsSerializer(serializers.ModelSerializer[Organization]):
    """Your organization."""

    second_factor_required = OptionalBoolean(
        required=False, help_text="Whether members need a second factor to work here."
    )

    class Meta:
        model = Organization
        fields = (
            "schema_name",
            "name",
            "currency",
            "status",
            "second_factor_required",
            "created_at",
        )
        read_only_fields = ("schema_name", "status", "created_at")


class EntrySerializer(serializers.ModelSerializer[AuditEntry]):
    """An entry of the audit log."""

    actor = serializers.CharField(help_text="The email of a person, or the name of a key.")
    data = serializers.SerializerMethodField(  # type: ignore[assignment]
        help_text="Facts, which depend on the action."
    )
    address = serializers.SerializerMethodField(
        help_text="The IP address; null for staff of the platform and for programs."
    )
    support_reason = serializers.SerializerMethodField(
        help_text="Why staff of the platform entered the organization; else null."
    )

    class Meta:
        model = AuditEntry
        fields = ("id", "at", "actor", "action", "subject", "data", "address", "support_reason")

    @extend_schema_field(serializers.IPAddressField(allow_null=True))
    def get_address(self, entry: Any) -> str | None:
        return None if entry.hides_address else entry.address

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_support_reason(self, entry: Any) -> str | None:
        return (entry.reason or None) if entry.is_by_support else None

    def get_data(self, entry: Any) -> dict[str, Any]:
        return {} if entry.hides_data else entry.data
