"""What a fleet costs beside the ways that there were before: its creation and its migrations."""

from rich.console import Console

from . import creation, migrating
from .report import Row


def measure(console: Console) -> list[Row]:
    """Measure everything, on databases of its own."""
    return [*creation.measure(console), *migrating.measure(console)]
