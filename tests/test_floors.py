"""The house stands: a package imports only from the floors below it, and nothing imports in a circle (DESIGN.md)."""

from __future__ import annotations

import ast
from pathlib import Path

import amont

ROOT = Path(amont.__file__).parent
FLOORS = [
    {"version", "core"},
    {"backends", "data"},
    {"autograd"},
    {"ops", "optim"},
    {"functional", "nn"},
    {"models", "explain", "checkpoint"},
    {"prune"},
    {"training"},
    {"studies"},
    {"cli"},
    {"__init__", "__main__"},
]
LEVEL = {package: level for level, packages in enumerate(FLOORS) for package in packages}
# Inside these folders, files lean only on the folder's base files.
BASES = {
    "nn": {"module", "init", "containers"},
    "backends/cpu": {
        *("jit", "parts", "simd", "vector", "gemm", "rectify", "workspace", "meeting", "sequence"),
        *(
            "patches",
            "pieces",
            "direct",
            "channels",
            "groups",
            "lanes",
            "tiles",
            "winograd",
            "winograd_steps",
            "transforms",
        ),
    },
}


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


def imports(path: Path) -> set[str]:
    """Return the modules of amont that a file imports when it runs, as dotted names below `amont`."""
    known = {module_name(p) for p in ROOT.rglob("*.py")}
    found = set()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for_types = {
        n for b in ast.walk(tree) if isinstance(b, ast.If) and "TYPE_CHECKING" in ast.dump(b.test) for n in ast.walk(b)
    }
    for node in (n for n in ast.walk(tree) if n not in for_types):
        if isinstance(node, ast.Import):
            found |= {a.name.removeprefix("amont.") for a in node.names if a.name.startswith("amont.")}
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "amont":
            base = node.module.removeprefix("amont").lstrip(".")
            for alias in node.names:
                full = f"{base}.{alias.name}".lstrip(".")
                found.add(full if full in known else base or "__init__")
    return found


FILES = {module_name(p): imports(p) for p in sorted(ROOT.rglob("*.py"))}


def test_every_package_has_a_floor() -> None:
    assert {name.split(".")[0] for name in FILES} <= set(LEVEL)


def test_no_import_runs_upward() -> None:
    upward = [
        f"{name} imports {target}"
        for name, targets in FILES.items()
        for target in targets
        if LEVEL[target.split(".")[0]] > LEVEL[name.split(".")[0]]
    ]
    assert not upward


def test_packages_of_one_floor_do_not_import_each_other() -> None:
    sideways = [
        f"{name} imports {target}"
        for name, targets in FILES.items()
        for target in targets
        if (a := target.split(".")[0]) != (b := name.split(".")[0]) and LEVEL[a] == LEVEL[b] > 0
    ]
    assert not sideways


def test_no_circles() -> None:
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, " → ".join((*path, name))
        if name not in done:
            for target in FILES.get(name, ()):
                if not (name + ".").startswith(target + "."):  # a file may name the package it lies in
                    visit(target, (*path, name))
            done.add(name)

    for name in FILES:
        visit(name, ())


def test_inside_a_folder_files_lean_on_its_base_files() -> None:
    across = []
    for folder, bases in BASES.items():
        prefix = folder.replace("/", ".") + "."
        for name, targets in FILES.items():
            if not name.startswith(prefix):
                continue
            siblings = {t.removeprefix(prefix).split(".")[0] for t in targets if t.startswith(prefix)}
            across += [f"{name} imports {s}" for s in siblings - bases - {name.removeprefix(prefix)}]
    assert not across
