"""What a run is asked to do, and what it did."""

from dataclasses import dataclass, field

from .migrate import Outcome
from .target import Target


@dataclass(frozen=True)
class Options:
    """What a run shall do.

    Attributes:
        tenants: only these schemas; all when empty.
        only_failed: only those whose last attempt failed.
        verify: reread each schema instead of trusting the states.
        canary: migrate so many first, alone, and stop when one fails.
        jobs: worker processes.
        lock_timeout: seconds that a statement waits for a lock, 0 for ever.
        lock_retries: how often a schema that got no lock is tried again, after the others.
    """

    target: Target = field(default_factory=Target)
    tenants: tuple[str, ...] = ()
    only_failed: bool = False
    verify: bool = False
    canary: int = 0
    jobs: int = 1
    lock_timeout: float = 2.0
    lock_retries: int = 5


@dataclass
class Report:
    """What a run did to the fleet.

    Attributes:
        total: tenants to look at.
        migrated: of them, those in which migrations ran.
        unchanged: those that had nothing to run.
        failures: those that failed.
        stopped: why the rest was not begun; None when all were.
        seconds: how long it took.
    """

    total: int = 0
    migrated: int = 0
    unchanged: int = 0
    failures: list[Outcome] = field(default_factory=list)
    stopped: str | None = None
    seconds: float = 0.0

    @property
    def done(self) -> int:
        """How many were begun and came to an end."""
        return self.migrated + self.unchanged + len(self.failures)

    @property
    def left(self) -> int:
        """How many were not begun."""
        return self.total - self.done

    @property
    def succeeded(self) -> bool:
        return not self.failures and self.stopped is None

    def add(self, outcome: Outcome) -> None:
        """Count one schema's outcome."""
        if outcome.error is not None:
            self.failures.append(outcome)
        elif outcome.migrations:
            self.migrated += 1
        else:
            self.unchanged += 1
