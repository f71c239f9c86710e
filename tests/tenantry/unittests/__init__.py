"""Test cases for `manage.py test`; pytest runs them there, by test_backend_testcases.py."""
