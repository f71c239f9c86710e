"""Tags for the form of a new order in the browsable API."""

from collections.abc import Mapping
from typing import Any

from django import template
from django.db.models import QuerySet
from rest_framework.settings import api_settings

from tenant_apps.items.models import Item

register = template.Library()

NON_FIELD = api_settings.NON_FIELD_ERRORS_KEY
_ROWS = 3
_SUGGESTED = 50


@register.simple_tag
def line_rows(field: Any) -> dict[str, list[Any]]:
    """Return the sent lines with their errors, then empty lines up to three; and other errors."""
    sent = field.value if isinstance(field.value, list) else []
    errors = field.errors if isinstance(field.errors, Mapping) else {NON_FIELD: field.errors}
    of_lines = {str(position): of_line for position, of_line in errors.items()}
    return {
        "errors": of_lines.pop(NON_FIELD, []),
        "rows": [
            {
                **({name: line[name] for name in line} if isinstance(line, Mapping) else {}),
                "errors": [text for texts in of_lines.get(str(n), {}).values() for text in texts],
            }
            for n, line in enumerate([*sent, *[{}] * (_ROWS - len(sent))])
        ],
    }


@register.simple_tag
def orderable_items() -> QuerySet[Item]:
    return Item.objects.filter(is_active=True)[:_SUGGESTED]
