"""Migrations for the benchmarks: those of items, and one with the name of its package."""
