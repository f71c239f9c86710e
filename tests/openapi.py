"""The OpenAPI document for tests."""

from typing import Any

import pytest
import yaml
from django.test import Client


@pytest.fixture(scope="session")
def openapi() -> dict[str, Any]:
    response = Client().get("/api/schema/")
    assert response.status_code == 200
    document: dict[str, Any] = yaml.safe_load(response.content)
    return document


def shape_of(document: dict[str, Any], operation: str, status: str = "200") -> set[str]:
    """Return the keys of the response to an operation like `get /api/me/`."""
    method, path = operation.split()
    content = document["paths"][path][method]["responses"][status]["content"]
    name = content["application/json"]["schema"]["$ref"].rpartition("/")[2]
    return set(document["components"]["schemas"][name]["properties"])


def parameters_of(document: dict[str, Any], operation: str) -> set[tuple[str, str]]:
    """Return the parameters of an operation with their places: `("If-Match", "header")`."""
    method, path = operation.split()
    return {(each["name"], each["in"]) for each in document["paths"][path][method]["parameters"]}
