"""SQL statements of more than ten lines, one in each file."""

from pathlib import Path


def read_sql(name: str) -> str:
    return Path(__file__).with_name(f"{name}.sql").read_text()
