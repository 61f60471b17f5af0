"""`python -m benchmarks`; see `cli.py`."""

from benchmarks.cli import main

main()
