"""Timing two things side by side."""

import gc
import statistics
import time
from collections.abc import Callable


def alternate(
    ours: Callable[[], object], peer: Callable[[], object], *, rounds: int, times: int
) -> tuple[float, float]:
    """Time two callables in turn, so that both meet the same machine.

    A turn begins with a call that is not counted: it pays for what the other one has left, a
    closed connection above all.

    Args:
        rounds: how often the turn is taken.
        times: how often each is called and counted in its turn.

    Returns:
        The median microseconds of one call, of ours and of the peer.
    """
    measured: tuple[list[float], list[float]] = ([], [])
    gc.disable()
    try:
        for _ in range(rounds):
            for figures, callable_ in zip(measured, (ours, peer), strict=True):
                gc.collect()  # What one turn has left would add up to gigabytes.
                callable_()
                figures.append(_microseconds(callable_, times))
    finally:
        gc.enable()
    return statistics.median(measured[0]), statistics.median(measured[1])


def _microseconds(callable_: Callable[[], object], times: int) -> float:
    start = time.perf_counter()
    for _ in range(times):
        callable_()
    return (time.perf_counter() - start) / times * 1e6
