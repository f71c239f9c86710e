from django.db import models
from taggit.managers import TaggableManager


class Note(models.Model):
    text = models.TextField()
    tags = TaggableManager(blank=True)

    def __str__(self) -> str:
        return self.text
