"""A CNN on each frame and an LSTM; a CNN on one frame."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import amont
import amont.functional as F
from amont import models, optim
from amont.core.errors import ShapeError
from amont.data import moving_digits
from amont.training import run
from amont.training.config import RunConfig


def videos(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(shape or (3, 5, 2, 8, 8)).astype(np.float32)


def small() -> models.VideoClassifier:
    amont.seed(0)
    return models.VideoClassifier(4, 2, 8, channels=(3,), features=6, hidden_size=5).eval()


def test_padding_after_the_last_frame_changes_nothing() -> None:
    x, lengths = videos(), np.array([5, 2, 3])
    logits = small()(x, lengths=lengths).numpy()
    for n, length in enumerate(lengths):
        np.testing.assert_allclose(small()(x[n : n + 1, :length]).numpy(), logits[n : n + 1], atol=1e-6)


def test_the_order_of_the_frames_counts() -> None:
    model, x = small(), videos()
    assert np.abs(model(x).numpy() - model(x[:, ::-1].copy()).numpy()).max() > 1e-4


def test_over_time_is_the_answer_if_the_video_ended_there() -> None:
    model, x = small(), videos()
    over_time = model.over_time(x).numpy()
    assert over_time.shape == (3, 5, 4)
    for t in range(5):
        np.testing.assert_allclose(over_time[:, t], model(x[:, : t + 1]).numpy(), atol=1e-6)


def test_it_learns_the_motions_of_a_few_videos() -> None:
    model = small().train()
    x = videos(8, 5, 2, 8, 8)
    x[4:] = x[:4, ::-1]  # the same frames in another order
    y = np.arange(8) // 4
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    for _ in range(60):
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    assert (model(x).numpy().argmax(1) == y).all()


def test_frame_cnn_reads_its_frame_alone() -> None:
    model = models.FrameClassifier(4, 2, 8, channels=(3,), frame=2).eval()
    x = videos()
    changed = np.where(np.arange(5)[:, None, None, None] == 2, x, 0)
    np.testing.assert_array_equal(model(x).numpy(), model(changed, lengths=np.array([3, 4, 5])).numpy())
    with pytest.raises(ShapeError, match="frame 2 was asked for, but there is a video of 2 frames"):
        model(x, lengths=np.array([5, 2, 3]))


@pytest.mark.parametrize("model", [models.VideoClassifier(), models.FrameClassifier()])
def test_images_are_refused(model: amont.nn.Module) -> None:
    with pytest.raises(ShapeError, match=r"expected an input of shape \(N, T, C, H, W\), got \(3, 1, 16, 16\)"):
        model(np.zeros((3, 1, 16, 16), np.float32))


@pytest.mark.parametrize("model", ["video", "frame-cnn"])
def test_a_run_from_the_settings(model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moving_digits, "PER_CLASS", {"train": 6, "test": 2})
    done = run.train(RunConfig(model, "moving-digits", epochs=1, augment=True), tmp_path / "run", progress=False)
    assert set(done.test) == {"loss", "accuracy"}
    assert run.evaluate(tmp_path / "run") == done.test
