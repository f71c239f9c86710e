"""An app that is installed and in neither list."""

from django.db import models


class Sock(models.Model):
    def __str__(self) -> str:
        return "a sock"
