"""How schemathesis signs in, and where the API accepts more than its document lists.

The command of test_schemathesis.py loads this file.
"""

import os
from typing import Any

import requests
import schemathesis

SIGN_OUT = "/api/auth/logout/"

# Invalid values of these are ignored (docs/api.md, Lists, values and limits).
IGNORED_IF_INVALID = {"is_active", "page_size"}
# Other JSON types that a field accepts: a number for text, text for a number, "yes" for true.
ALSO_ACCEPTED: dict[str, dict[str, Any]] = {
    "string": {"type": "number"},
    "integer": {"type": "string", "pattern": r"^[\s0-9eE.+-]*$"},
    "boolean": {"enum": ["true", "True", "t", "y", "yes", "on", 1, "1",
                         "false", "False", "f", "n", "no", "off", 0, "0"]},
}  # fmt: skip


@schemathesis.hook
def before_load_schema(context: Any, raw_schema: dict[str, Any]) -> None:
    """Change schemathesis's copy of the document."""
    for methods in raw_schema["paths"].values():
        for operation in methods.values():
            for parameter in operation.get("parameters", ()):
                _widen(parameter)
    for name, schema in raw_schema["components"]["schemas"].items():
        if name.endswith("Request"):
            _accept_other_types(schema["properties"])
    sign_in = raw_schema["paths"]["/api/auth/token/"]["post"]
    examples = sign_in["requestBody"]["content"]["application/json"]["examples"]
    for example in examples.values():
        example["value"] = credentials()


def _widen(parameter: dict[str, Any]) -> None:
    if parameter["name"] in IGNORED_IF_INVALID:
        parameter["schema"] = {}
    elif parameter["name"] == "X-Organization":
        # Any other value is 409 before all other checks.
        parameter["schema"]["enum"] = [os.environ["ORGANIZATION"]]


def _accept_other_types(fields: dict[str, Any]) -> None:
    # The only member has no second factor: with this rule all further requests would be 403.
    fields.pop("second_factor_required", None)
    for field, documented in fields.items():
        if other := ALSO_ACCEPTED.get(documented.get("type")):
            fields[field] = {"anyOf": [documented, other]}


def credentials() -> dict[str, str]:
    return {"email": os.environ["EMAIL"], "password": os.environ["PASSWORD"]}


@schemathesis.auth().skip_for(path=SIGN_OUT)
class Token:
    """A token from /api/auth/token/."""

    def get(self, case: Any, context: Any) -> str:
        response = requests.post(
            f"{os.environ['SERVICE']}/api/auth/token/",
            json=credentials(),
            timeout=10,
        )
        response.raise_for_status()
        return str(response.json()["token"])

    def set(self, case: Any, data: str, context: Any) -> None:
        case.headers["Authorization"] = f"Token {data}"


@schemathesis.auth(refresh_interval=None).apply_to(path=SIGN_OUT)
class TokenToRevoke(Token):
    """A new token for each request, since each one revokes it."""
