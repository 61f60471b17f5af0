"""The section on training curves, with curves that nobody trained."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import curves
from benchmarks.curves import PLANS, Curve, make_images
from benchmarks.pairs import Effort
from benchmarks.report import Choice


def test_a_row_for_each_side_says_how_far_they_are_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def train(plan: Any, ours: Any, theirs: Any, sides: Any) -> dict[str, list[Curve]]:
        return {side: [Curve([seed + i / 100] * 20, 0.9) for seed in (1, 2, 3)] for i, side in enumerate(sides)}

    monkeypatch.setattr(curves, "train", train)
    monkeypatch.setattr(curves, "peers", lambda: ["torch"])
    table = curves.report(Choice("lenet", folder=tmp_path), Effort(1, 0.1), 2)
    lines = {line[0]: line[1:] for line in table.lines()}
    assert list(lines) == [f"LeNet-5, {side}" for side in curves.SIDES]
    assert lines["LeNet-5, torch"][0] == "2.0200"
    assert lines["LeNet-5, fast"][-2:] == ("0.0200", "2.0000")


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.workload.name)
def test_images_follow_the_seed(plan: curves.Plan) -> None:
    one, two, other = (make_images(plan, seed) for seed in (0, 0, 1))
    assert one.x.shape == (plan.steps * plan.batch, *plan.workload.shape[1:])
    assert (one.x.dtype, len(one.test_y)) == (np.float32, 500)
    np.testing.assert_array_equal(one.x, two.x)
    assert (one.y != other.y).any()
