"""Two sets of names with shapes that should be the same and are not: what to tell a person about it."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator, Mapping

from amont.core.errors import shown

Shapes = Mapping[str, tuple[int, ...]]

SHOWN = 10  # of each kind; the rest is counted
_LONG = 200  # letters of a name that are compared


def describe_mismatch(own: Shapes, given: Shapes) -> str:
    """Return lines that say which names are missing, unexpected or of another shape; "" if all is well.

    own: what a model has; given: what came. An unexpected name is shown with the nearest missing one; a prefix that
    would make names fit is shown, too.

    >>> print(describe_mismatch({"fc.weight": (2, 3)}, {"fc.wieght": (2, 3)}))
      missing: fc.weight
      unexpected: fc.wieght (fc.weight?)
    """
    missing = [name for name in own if name not in given]
    unexpected = [name for name in given if name not in own]
    other = [name for name in own if name in given and own[name] != given[name]]
    lines = [
        *_line("missing", missing, missing),
        *_line("unexpected", unexpected, (_with_nearest(name, missing) for name in unexpected)),
        *_line("of another shape", other, (f"{n}: expected shape {own[n]}, got {given[n]}" for n in other)),
        *_prefix_hint(own, given),
    ]
    return "\n".join(f"  {line}" for line in lines)


def _line(title: str, names: list[str], shown: Iterable[str]) -> Iterator[str]:
    if names:
        first = [text for text, _ in zip(shown, range(SHOWN), strict=False)]
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        yield f"{title}: {', '.join(first)}{more}"


def _with_nearest(name: str, missing: list[str]) -> str:
    near = difflib.get_close_matches(name[:_LONG], missing, n=1, cutoff=0.8)
    return f"{shown(name)} ({near[0]}?)" if near else shown(name)


def _prefix_hint(own: Shapes, given: Shapes) -> Iterator[str]:
    """Yield a hint if all names of one side begin alike and more of them fit without it."""
    fit = sum(name in own for name in given)
    for prefix in _prefixes(given):
        if sum(name.removeprefix(prefix) in own for name in given) > fit:
            yield f"all names that came begin with {prefix!r}: take it off by name.removeprefix({prefix!r})"
            return
    for prefix in _prefixes(own):
        if sum(prefix + name in own for name in given) > fit:
            yield f"all names of the model begin with {prefix!r}: put it on by {prefix!r} + name"
            return


def _prefixes(names: Collection[str]) -> Iterator[str]:
    """Yield what all names begin with, up to a dot: "a.b.", then "a."."""
    *parents, _ = next(iter(names), "").split(".", 8)
    for depth in range(len(parents), 0, -1):
        prefix = ".".join(parents[:depth]) + "."
        if all(name.startswith(prefix) for name in names):
            yield prefix
