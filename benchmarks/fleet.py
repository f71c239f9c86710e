"""Measures the creation and the migrations of a fleet against other tools."""

from rich.console import Console

from . import creation, migrating
from .report import Row


def measure(console: Console) -> list[Row]:
    return [*creation.measure(console), *migrating.measure(console)]
