"""Timing two things side by side."""

import gc
import statistics
import time
from collections.abc import Callable


def alternate(
    ours: Callable[[], object], peer: Callable[[], object], *, rounds: int, times: int
) -> tuple[float, float]:
    """Time two callables in turn, so that both meet the same machine.

    Args:
        rounds: how often the turn is taken, after one round that is not counted.
        times: how often each is called in its turn.

    Returns:
        The median microseconds of one call, of ours and of the peer.
    """
    measured: tuple[list[float], list[float]] = ([], [])
    gc.disable()
    try:
        for number in range(rounds + 1):
            for figures, callable_ in zip(measured, (ours, peer), strict=True):
                figure = _microseconds(callable_, times)
                if number:
                    figures.append(figure)
    finally:
        gc.enable()
    return statistics.median(measured[0]), statistics.median(measured[1])


def _microseconds(callable_: Callable[[], object], times: int) -> float:
    start = time.perf_counter()
    for _ in range(times):
        callable_()
    return (time.perf_counter() - start) / times * 1e6
