"""Renders a mail: its subject and text from `<template>.txt`, its HTML from `<template>.html`."""

import re
from dataclasses import dataclass
from typing import Any

from django.template import Context, Engine

FORMATS = ("txt", "html")

_MAX_SUBJECT = 200  # characters
# White space, control characters, and those that change the direction of a text.
_NOT_IN_A_LINE = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
_BLANK_LINES = re.compile(r"\n\s*\n")


@dataclass(frozen=True)
class Rendered:
    subject: str
    text: str
    html: str


def render(template: str, values: dict[str, Any]) -> Rendered:
    """Render a mail from its context. Names of people and things can be any text."""
    # The layout renders its block `subject`, or all others.
    subject = _one_line(_text(template, {**values, "renders_subject": True}))
    values = {**values, "subject": subject}
    html = Engine.get_default().get_template(f"{template}.html").render(Context(values))
    return Rendered(subject, _BLANK_LINES.sub("\n\n", _text(template, values)).strip() + "\n", html)


def _text(template: str, values: dict[str, Any]) -> str:
    text = Engine.get_default().get_template(f"{template}.txt")
    return text.render(Context(values, autoescape=False))


def _one_line(text: str) -> str:
    """Return a text for a header, in which a line break would begin the next header."""
    line = _NOT_IN_A_LINE.sub(" ", text).strip()
    return line if len(line) <= _MAX_SUBJECT else f"{line[: _MAX_SUBJECT - 1]}…"
