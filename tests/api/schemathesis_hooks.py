"""How schemathesis signs in, and what is read more generously than documented.

Its command loads this, see test_schemathesis.py.
"""

import os
from typing import Any

import requests
import schemathesis

SIGN_OUT = "/api/auth/logout/"

# Counts as not sent, when it makes no sense (docs/api.md, Lists, values and limits).
FORGIVEN = {"is_active", "page_size"}
# How else a field of a body may be written: text as a number, a number as text, yes for true.
OTHERWISE: dict[str, dict[str, Any]] = {
    "string": {"type": "number"},
    "integer": {"type": "string", "pattern": r"^[\s0-9eE.+-]*$"},
    "boolean": {"enum": ["true", "True", "t", "y", "yes", "on", 1, "1",
                         "false", "False", "f", "n", "no", "off", 0, "0"]},
}  # fmt: skip


@schemathesis.hook
def before_load_schema(context: Any, raw_schema: dict[str, Any]) -> None:
    """Change the document that the test asks by, not the one that clients read."""
    for methods in raw_schema["paths"].values():
        for operation in methods.values():
            for parameter in operation.get("parameters", ()):
                _ask_for(parameter)
    for name, schema in raw_schema["components"]["schemas"].items():
        if name.endswith("Request"):
            _write_otherwise(schema["properties"])
    sign_in = raw_schema["paths"]["/api/auth/token/"]["post"]
    examples = sign_in["requestBody"]["content"]["application/json"]["examples"]
    for example in examples.values():
        example["value"] = credentials()


def _ask_for(parameter: dict[str, Any]) -> None:
    if parameter["name"] in FORGIVEN:
        parameter["schema"] = {}
    elif parameter["name"] == "X-Organization":
        # Any other is 409, before anything else is looked at.
        parameter["schema"]["enum"] = [os.environ["ORGANIZATION"]]


def _write_otherwise(fields: dict[str, Any]) -> None:
    for field, documented in fields.items():
        if other := OTHERWISE.get(documented.get("type")):
            fields[field] = {"anyOf": [documented, other]}


def credentials() -> dict[str, str]:
    """Return those of the person whom the test has made."""
    return {"email": os.environ["EMAIL"], "password": os.environ["PASSWORD"]}


@schemathesis.auth().skip_for(path=SIGN_OUT)
class Token:
    """A token that /api/auth/token/ hands out."""

    def get(self, case: Any, context: Any) -> str:
        answer = requests.post(
            f"{os.environ['SERVICE']}/api/auth/token/",
            json=credentials(),
            timeout=10,
        )
        answer.raise_for_status()
        return str(answer.json()["token"])

    def set(self, case: Any, data: str, context: Any) -> None:
        case.headers["Authorization"] = f"Token {data}"


@schemathesis.auth(refresh_interval=None).apply_to(path=SIGN_OUT)
class TokenToEnd(Token):
    """One for each request that ends it."""
