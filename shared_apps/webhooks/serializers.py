"""The JSON of webhooks and their deliveries."""

from datetime import timedelta
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from shared_apps.api.fields import IntegerField, OptionalBoolean

from .events import registered
from .models import MAX_URL, Delivery, Endpoint
from .signing import message_name

MAX_OVERLAP = 168  # hours


class EventsField(serializers.MultipleChoiceField):
    """Names of events, sorted."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=sorted(registered), allow_empty=False, **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):  # DRF would read its keys.
            self.fail("not_a_list", input_type="dict")
        return sorted(super().to_internal_value(data))

    def to_representation(self, value: Any) -> Any:
        return sorted(value)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "New and former members",
            value={
                "url": "https://example.com/hooks",
                "events": ["member.added", "member.removed"],
            },
            request_only=True,
        )
    ]
)
class WebhookSerializer(serializers.ModelSerializer[Endpoint]):
    """A URL that gets a message for each of the events."""

    url = serializers.CharField(max_length=MAX_URL)
    events = EventsField()
    enabled = OptionalBoolean(source="is_enabled", required=False)

    class Meta:
        model = Endpoint
        fields = ("id", "url", "events", "enabled", "failing_since", "created_at")
        read_only_fields = ("failing_since", "created_at")


class WebhookWithSecretSerializer(WebhookSerializer):
    """A webhook with its secret. Store it: no later response shows it."""

    secret = serializers.CharField(read_only=True)

    class Meta:
        model = Endpoint
        fields = (*WebhookSerializer.Meta.fields, "secret")
        read_only_fields = WebhookSerializer.Meta.read_only_fields


class RotationSerializer(serializers.Serializer[Any]):
    overlap_hours = IntegerField(
        min_value=0,
        max_value=MAX_OVERLAP,
        default=24,
        help_text="How long messages are signed with the old secret, too.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return {"overlap": timedelta(hours=attrs["overlap_hours"])}


class DeliverySerializer(serializers.ModelSerializer[Delivery]):
    """A message to a webhook, and the result of its last attempt."""

    message_id = serializers.SerializerMethodField(help_text="The header webhook-id.")
    next_attempt_at = serializers.SerializerMethodField(
        help_text="Not before then; null if there is no further attempt."
    )

    class Meta:
        model = Delivery
        fields = (
            "id",
            "message_id",
            "event",
            "subject",
            "status",
            "attempts",
            "created_at",
            "attempted_at",
            "next_attempt_at",
            "error",
            "response_status",
            "response_ms",
        )

    def get_message_id(self, delivery: Delivery) -> str:
        return message_name(delivery.message_id)

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_next_attempt_at(self, delivery: Delivery) -> Any:
        waits = delivery.status == Delivery.Status.WAITING
        return self.fields["created_at"].to_representation(delivery.due_at) if waits else None


@extend_schema_serializer(
    examples=[
        OpenApiExample("One", value={"delivery": 17}),
        OpenApiExample("All since a moment", value={"since": "2026-11-29T08:00:00Z"}),
    ]
)
class RedeliverySerializer(serializers.Serializer[Any]):
    """Either one delivery, or all since a moment."""

    delivery = IntegerField(required=False, min_value=1, help_text="The delivery's id.")
    since = serializers.DateTimeField(required=False, help_text="The time of the first event.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs) != 1:
            raise serializers.ValidationError("Send either `delivery` or `since`.")
        return attrs


class RedeliveredSerializer(serializers.Serializer[Any]):
    count = serializers.IntegerField(min_value=0, help_text="How many are delivered again.")
