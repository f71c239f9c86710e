"""How JSON is written."""

from decimal import Decimal
from typing import Any

import orjson
from rest_framework import renderers
from rest_framework.utils import encoders

# What orjson knows by itself it would write in another form than DRF.
_AS_DRF = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_NON_STR_KEYS


class JSONEncoder(encoders.JSONEncoder):
    """DRF's encoder with money as text: a number would lose its decimals."""

    def default(self, obj: Any) -> Any:
        return f"{obj:f}" if isinstance(obj, Decimal) else super().default(obj)


class JSONRenderer(renderers.JSONRenderer):
    """DRF's renderer, with a faster encoder unless the client asks for indented JSON."""

    encoder_class = JSONEncoder

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None
    ) -> bytes:
        if data is None or self.get_indent(accepted_media_type or "", renderer_context or {}):
            return super().render(data, accepted_media_type, renderer_context)
        try:
            written = orjson.dumps(data, default=_default, option=_AS_DRF)
        except TypeError:  # An integer of more than 64 bits, say.
            return super().render(data, accepted_media_type, renderer_context)
        # Line separators of JavaScript, which DRF escapes.
        return written.replace(b"\xe2\x80\xa8", rb"\u2028").replace(b"\xe2\x80\xa9", rb"\u2029")


_default = JSONEncoder().default
