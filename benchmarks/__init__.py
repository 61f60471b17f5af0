"""Timings: `python -m benchmarks` (or `make bench`) prints a table; nothing here is a test."""
