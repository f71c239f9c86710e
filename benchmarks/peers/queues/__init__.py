"""Queues beside ours, on Django with one schema: django-tasks-db, and Celery on Redis."""
