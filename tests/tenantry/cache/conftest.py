"""Each test runs with the memory of the process, and in `make proofs` with Redis too."""

from collections.abc import Iterator

import pytest
from django.core.cache import caches
from pytest_django import Settings

from tests.redis import redis_server

from .values import OWNERS, clear


@pytest.fixture(scope="package")
def redis_url() -> Iterator[str]:
    with redis_server() as url:
        yield url


@pytest.fixture
def in_redis(redis_url: str, settings: Settings) -> Iterator[None]:
    settings.CACHES = {
        "default": {
            "BACKEND": "tenantry.cache.TenantRedisCache",
            "LOCATION": [redis_url],
        },
        "shared": {
            "BACKEND": "tenantry.cache.SharedRedisCache",
            "LOCATION": [redis_url],
        },
    }
    yield
    caches["shared"]._cache.get_client(write=True).flushall()  # type: ignore[attr-defined]


@pytest.fixture
def in_memory() -> Iterator[None]:
    yield
    for owner in OWNERS:
        clear(owner)


@pytest.fixture(params=["in_memory", pytest.param("in_redis", marks=pytest.mark.proof)])
def backend(request: pytest.FixtureRequest) -> None:
    request.getfixturevalue(request.param)
