"""The API holds what its OpenAPI document says, whatever is sent. Asked as a member."""

import hypothesis
import pytest
import schemathesis
from drf_spectacular.generators import SchemaGenerator

from config.wsgi import application
from shared_apps.users.models import ApiToken, User

document = schemathesis.openapi.from_dict(SchemaGenerator().get_schema(public=True))
document.app = application


@pytest.fixture
def token(bob: User, desk: object) -> str:
    return ApiToken.objects.issue(user=bob, organization=bob.organization)[1]

@document.parametrize()
@hypothesis.settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(hypothesis.HealthCheck))
def test_all(case: schemathesis.Case, token: str) -> None:
    case.call_and_validate(headers={"Authorization": f"Token {token}", "Host": "testserver"})
