"""Adds to the OpenAPI document what all operations share: errors, headers, query parameters."""

from collections.abc import Iterator
from typing import Any

from drf_spectacular.views import SpectacularAPIView
from rest_framework.request import Request

_SCHEMAS = {
    "Error": {
        "type": "object",
        "properties": {
            "detail": {"type": "string", "description": "What went wrong, for people."},
            "code": {
                "type": "string",
                "description": "The kind of error, for programs. Codes do not change.",
            },
        },
        "required": ["detail", "code"],
        "example": {"detail": "Not found.", "code": "not_found"},
    },
    "FieldErrors": {
        "type": "object",
        "description": "Messages by field, nested like the request. In a list, the key is the "
        "position.",
        "additionalProperties": {
            "anyOf": [
                {"type": "array", "items": {"type": "string"}, "minItems": 1},
                {"$ref": "#/components/schemas/FieldErrors"},
            ]
        },
        "example": {"lines": {"0": {"quantity": ["A valid integer is required."]}}},
    },
}
_ERRORS = {
    "400": "The request is not valid. The body names what to correct.",
    "401": "You are not signed in, or your token is invalid or has expired.",
    "403": "Your role or your organization does not allow this.",
    "404": "The object does not exist, or belongs to another user or organization.",
    "406": "The API cannot respond in a format that `Accept` allows. Use `application/json`.",
    "409": "The object's state does not allow this, or the organization that you named is not the "
    "active one. Nothing was changed.",
    "410": "What you want to accept has expired. Ask for it again.",
    "412": "The object has changed since the version in `If-Match`. Get it again.",
    "413": "The request body is too large.",
    "415": "The API does not read bodies of this type. Send `application/json`.",
    "422": "The `Idempotency-Key` was used for another request. Use a new key.",
    "429": "Too many requests. Wait for the seconds in `Retry-After`.",
    "503": "The service is not available right now. Try again after `Retry-After`.",
}
_HEADERS = {
    "X-Request-ID": "The id of this request in the logs.",
    "Retry-After": "Seconds until you can try again.",
    "WWW-Authenticate": "How to sign in: `Token`.",
}
_SENT_WITH = {"401": "WWW-Authenticate", "429": "Retry-After", "503": "Retry-After"}


class SchemaView(SpectacularAPIView):
    def _get_version_parameter(self, request: Request) -> None:
        # The API has one version. drf-spectacular would spend seconds on any `?version=`.
        return None


def document_errors(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Add each operation's errors and headers (drf-spectacular's POSTPROCESSING_HOOKS).

    A view adds another error to its documentation with `{HTTPStatus.CONFLICT: None}`.
    """
    components = result["components"]
    components["schemas"] |= _SCHEMAS
    components["headers"] = {name: _header(name, text) for name, text in _HEADERS.items()}
    components["responses"] = {
        status: _error(status, description) for status, description in _ERRORS.items()
    }
    for methods in result["paths"].values():
        for method, operation in methods.items():
            _document(method, operation)
    return result


def _document(method: str, operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    for response in responses.values():
        response.setdefault("headers", {}).update(_sent("X-Request-ID"))
    errors = {*_error_statuses(method, operation), *(_ERRORS.keys() & responses.keys())}
    responses |= {status: {"$ref": f"#/components/responses/{status}"} for status in errors}
    operation["responses"] = dict(sorted(responses.items()))
    for parameter in operation.get("parameters", ()):
        if parameter["in"] == "query":
            _describe(parameter)


def _error_statuses(method: str, operation: dict[str, Any]) -> Iterator[str]:
    """Yield the error statuses that the operation can have."""
    parameters = operation.get("parameters", ())
    named = {parameter["name"] for parameter in parameters}
    yield from ("400", "406", "429", "503")
    if {} not in operation.get("security", [{}]):
        yield "401"
        if method != "get" or "X-Organization" in named:
            yield "403"
    if "requestBody" in operation:
        yield from ("413", "415")
    if "page" in named or any(parameter["in"] == "path" for parameter in parameters):
        yield "404"
    for name, status in {
        "X-Organization": "409",
        "If-Match": "412",
        "Idempotency-Key": "422",
    }.items():
        if name in named:
            yield status


def _describe(parameter: dict[str, Any]) -> None:
    """Document that an empty parameter is ignored, and that text contains no NUL character."""
    parameter["allowEmptyValue"] = True
    if parameter.get("schema") == {"type": "string"}:
        parameter["schema"]["pattern"] = r"^[^\u0000]*$"


def _error(status: str, description: str) -> dict[str, Any]:
    names = ("Error", "FieldErrors") if status == "400" else ("Error",)
    schemas = [{"$ref": f"#/components/schemas/{name}"} for name in names]
    schema = {"anyOf": schemas} if len(schemas) > 1 else schemas[0]
    sent = ["X-Request-ID", *([_SENT_WITH[status]] if status in _SENT_WITH else [])]
    return {
        "description": description,
        "headers": _sent(*sent),
        "content": {"application/json": {"schema": schema}},
    }


def _header(name: str, description: str) -> dict[str, Any]:
    schema = {"type": "integer", "minimum": 1} if name == "Retry-After" else {"type": "string"}
    return {"description": description, "required": True, "schema": schema}


def _sent(*names: str) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}
