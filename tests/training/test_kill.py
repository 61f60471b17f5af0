"""A run that is killed with SIGKILL again and again ends as if it had never stopped, bit for bit."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

import amont
from amont.checkpoint import load_arrays, load_state
from amont.training import History
from tests.training import killed_run, parts

EPOCHS = 60
KILLS = 5


def start(folder: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.training.killed_run", str(folder), str(EPOCHS)]
    return subprocess.Popen(command, cwd=Path(__file__).parents[2], stderr=subprocess.PIPE)


def kill_after(process: subprocess.Popen[bytes], folder: Path, seconds: float) -> None:
    """Kill the process some time after it has written its state for the first time since it was started."""
    state = folder / "state.safetensors"
    before = state.stat().st_mtime_ns if state.exists() else 0
    while process.poll() is None and not (state.exists() and state.stat().st_mtime_ns > before):
        time.sleep(0.002)
    time.sleep(seconds)
    process.kill()
    process.wait()


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_killed_at_random_moments(tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    killed_run.main(whole, EPOCHS)
    moments = random.Random(20)
    for _ in range(KILLS):
        kill_after(start(killed), killed, moments.uniform(0, 0.25))
        state = load_state(killed / "state.safetensors")  # never unreadable
        assert len(state["history"]) == state["epoch"]
        amont.load(parts.model(), killed / "model.safetensors")
        assert len(History.load(killed / "history.jsonl")) <= state["epoch"]
    last = start(killed)
    assert last.wait() == 0, last.stderr and last.stderr.read()

    assert sorted(p.name for p in killed.iterdir()) == sorted(p.name for p in whole.iterdir())
    assert (whole / "model.safetensors").read_bytes() == (killed / "model.safetensors").read_bytes()
    ours, theirs = (load_arrays(f / "state.safetensors") for f in (whole, killed))
    assert {k: v.tobytes() for k, v in ours.items()} == {k: v.tobytes() for k, v in theirs.items()}
    a, b = (History.load(f / "history.jsonl").rows for f in (whole, killed))
    assert [{**row, "seconds": 0} for row in a] == [{**row, "seconds": 0} for row in b]
    assert len(a) == EPOCHS
