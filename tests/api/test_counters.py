"""Counters in memory and, in `make proofs`, in Redis."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.cache import caches
from pytest_django import Settings

from shared_apps.core.counters import MINUTE, Counters, RedisCounters, counters
from tests.redis import redis_server

SHARED = "tenantry.cache.SharedRedisCache"


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    with redis_server() as url:
        yield url


def use_redis(settings: Settings, url: str) -> None:
    shared = {"BACKEND": SHARED, "LOCATION": [url]}
    settings.CACHES = {**settings.CACHES, "shared": shared}


@pytest.fixture(params=["memory", pytest.param("redis", marks=pytest.mark.proof)])
def kept(request: pytest.FixtureRequest, settings: Settings) -> Counters:
    if request.param == "redis":
        use_redis(settings, request.getfixturevalue("redis_url"))
        caches["shared"].clear()
    return counters()


def numbers(kept: Counters, *keys: str) -> list[int]:
    return [number for number, _ in kept.read(keys)]


def test_each_key_has_its_own_count(kept: Counters) -> None:
    kept.add(["a", "b"])

    assert [number for number, _ in kept.add(["b", "c"], 2)] == [3, 2]
    assert numbers(kept, "a", "b", "c", "d") == [1, 3, 2, 0]


def test_a_minute_begins_with_the_first_count(kept: Counters) -> None:
    ((_, first),) = kept.add(["a"])
    ((_, second),) = kept.add(["a"])

    assert MINUTE - 5 < second <= first <= MINUTE


def test_a_count_can_be_of_a_day(kept: Counters) -> None:
    kept.add(["a"], seconds=86_400)
    ((number, left),) = kept.add(["a"], seconds=86_400)

    assert (number, left > 86_395) == (2, True)


def test_a_count_can_be_taken_back(kept: Counters) -> None:
    kept.add(["a"], 2)
    kept.add(["a"], -1)

    assert numbers(kept, "a") == [1]


def test_threads_lose_no_count(kept: Counters) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: counters().add(["a", "b"]), range(200)))

    assert numbers(kept, "a", "b") == [200, 200]


@pytest.mark.proof
def test_every_counter_in_redis_expires(settings: Settings, redis_url: str) -> None:
    """A lost connection can leave a counter without an expiry."""
    use_redis(settings, redis_url)
    cache = caches["shared"]
    client = cache._cache.get_client(write=True)  # type: ignore[attr-defined]
    client.set(cache.make_key("a"), 7)

    counters().add(["a"])

    assert 0 < client.pttl(cache.make_key("a")) <= MINUTE * 1000


def test_the_service_continues_without_redis_and_counts_nothing(
    settings: Settings, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RedisCounters, "_paused_until", 0)
    use_redis(settings, "unix:///nowhere/redis")

    responses = [counters().add(["a", "b"]), counters().read(["a", "b"])]

    assert responses == [[(0, 0.0), (0, 0.0)]] * 2
    assert len(caplog.records) == 1  # The second call does not try Redis.
