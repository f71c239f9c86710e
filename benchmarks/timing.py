"""Times two functions in turns."""

import gc
import statistics
import time
from collections.abc import Callable


def alternate(
    ours: Callable[[], object], peer: Callable[[], object], *, rounds: int, times: int
) -> tuple[float, float]:
    """Time two functions in turns, so that changes of the machine's speed affect both.

    The first call of a turn is not counted, because it can open a connection again.

    Args:
        rounds: number of turns of each function.
        times: counted calls in a turn.

    Returns:
        The median microseconds of one call, of ours and of the peer.
    """
    measured: tuple[list[float], list[float]] = ([], [])
    gc.disable()
    try:
        for _ in range(rounds):
            for figures, callable_ in zip(measured, (ours, peer), strict=True):
                gc.collect()  # Without it, garbage adds up to gigabytes.
                callable_()
                figures.append(microseconds(callable_, times))
    finally:
        gc.enable()
    return statistics.median(measured[0]), statistics.median(measured[1])


def microseconds(callable_: Callable[[], object], times: int = 1) -> float:
    """Return the mean of several calls."""
    start = time.perf_counter()
    for _ in range(times):
        callable_()
    return (time.perf_counter() - start) / times * 1e6
