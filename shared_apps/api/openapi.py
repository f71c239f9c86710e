"""What the OpenAPI document says of refusals: the same for each operation."""

from typing import Any

_ERROR = {
    "type": "object",
    "properties": {"detail": {"type": "string"}, "code": {"type": "string"}},
    "required": ["detail", "code"],
}
_FIELD_ERRORS = {
    "type": "object",
    "description": "What is wrong with each field, nested like the request.",
    "additionalProperties": True,
}


def document_refusals(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Add each operation's refusals (drf-spectacular's POSTPROCESSING_HOOKS)."""
    result["components"]["schemas"] |= {"Error": _ERROR, "FieldErrors": _FIELD_ERRORS}
    refusals = {
        "400": _answer("What was sent is wrong.", ["Error", "FieldErrors"]),
        "4XX": _answer("Refused; docs/api.md says what each code means.", ["Error"]),
    }
    for methods in result["paths"].values():
        for operation in methods.values():
            operation["responses"] |= refusals
    return result


def _answer(description: str, names: list[str]) -> dict[str, Any]:
    schema = {"anyOf": [{"$ref": f"#/components/schemas/{name}"} for name in names]}
    return {"description": description, "content": {"application/json": {"schema": schema}}}
