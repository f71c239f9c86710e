"""Renderers of JSON."""

from decimal import Decimal
from typing import Any

import orjson
from rest_framework import renderers
from rest_framework.utils import encoders

# orjson writes times in another format than DRF, so DRF's encoder writes them.
_AS_DRF = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_NON_STR_KEYS


class JSONEncoder(encoders.JSONEncoder):
    """DRF's encoder with decimals as text: a number would lose its zeros."""

    def default(self, obj: Any) -> Any:
        return f"{obj:f}" if isinstance(obj, Decimal) else super().default(obj)


class JSONRenderer(renderers.JSONRenderer):
    """DRF's renderer with a faster encoder, except for indented JSON."""

    encoder_class = JSONEncoder

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None
    ) -> bytes:
        if data is None or self.get_indent(accepted_media_type or "", renderer_context or {}):
            return super().render(data, accepted_media_type, renderer_context)
        try:
            written = orjson.dumps(data, default=_default, option=_AS_DRF)
        except TypeError:  # For example an integer of more than 64 bits.
            return super().render(data, accepted_media_type, renderer_context)
        # DRF escapes JavaScript's line separators.
        return written.replace(b"\xe2\x80\xa8", rb"\u2028").replace(b"\xe2\x80\xa9", rb"\u2029")


_default = JSONEncoder().default
