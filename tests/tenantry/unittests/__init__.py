"""Test cases for `manage.py test`, which test_backend_testcases.py runs."""
