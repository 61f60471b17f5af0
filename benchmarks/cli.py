"""The command line: `python -m benchmarks [SECTION …] [--filter NAME] [--missing] [--pairs N] [--quick]`."""

from __future__ import annotations

import argparse

from benchmarks import curves, kernels, memory, priority, scaling, startup, steps
from benchmarks.pairs import Effort
from benchmarks.report import RESULTS, Choice

SECTIONS = {
    "steps": steps.report,
    "sequences": steps.sequences,
    "models": steps.image_models,
    "memory": memory.report,
    "startup": startup.report,
    "scaling": scaling.report,
    "kernels": kernels.report,
    "curves": curves.report,
}


def main() -> None:
    """Measure the sections asked for; print each."""
    options = parse()
    effort = Effort(options.pairs, 0.15 if options.quick else 0.5)
    choice = Choice(options.filter, options.missing, None if options.quick else RESULTS)
    with priority.of_the_session():
        for section in options.sections or SECTIONS:
            print(f"{section} …", flush=True)
            SECTIONS[section](choice, effort, options.threads).show()
            print(flush=True)


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Timings of amont beside PyTorch.")
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=f"{', '.join(SECTIONS)}; all without one")
    parser.add_argument("--filter", default="", metavar="NAME", help="only rows whose name contains NAME")
    parser.add_argument("--missing", action="store_true", help="only rows that benchmarks/results does not have yet")
    parser.add_argument("--pairs", type=int, metavar="N", help="turns of each side (default 5; 2 with --quick)")
    parser.add_argument("--threads", type=int, default=2, metavar="N", help="threads of each side (default 2)")
    parser.add_argument(
        "--quick", action="store_true", help="short turns, nothing written: to see that all runs, not to compare"
    )
    options = parser.parse_args(arguments)
    unknown = [section for section in options.sections if section not in SECTIONS]
    if unknown:
        parser.error(f"there is no section {unknown[0]!r}; choose from {', '.join(SECTIONS)}")
    if options.pairs is None:
        options.pairs = 2 if options.quick else 5
    if min(options.pairs, options.threads) < 1:
        parser.error("--pairs and --threads must be at least 1")
    return options
