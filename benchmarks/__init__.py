"""Measures the project's performance claims, each against a peer in the same run."""
