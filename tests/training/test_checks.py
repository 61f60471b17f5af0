"""What a trainer refuses before the first step, with a message that says what to give instead."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import amont
import amont.functional as F
from amont import nn, optim
from amont.core.errors import AmontError, ArgumentError, DataError, UnknownNameError
from amont.training.callback import Callback
from tests.training import parts


@pytest.mark.parametrize(
    "options, message",
    [
        ({"loss": "mse"}, "loss must be a function"),
        ({"loss": lambda outputs, y: 1.0}, "the loss must give a tensor with one number.*it gave float"),
        (
            {"loss": lambda outputs, y: F.cross_entropy(outputs, y, reduction="none")},
            r"it gave a tensor of shape \(2,\)",
        ),
        ({"accumulate": 1.5}, "accumulate must be a whole number"),
        ({"metrics": [3]}, "a metric is a name or a function"),
        ({"metrics": [lambda outputs, y: outputs[:, 0]]}, "must be one number, the mean over the batch; got 8"),
        ({"callbacks": [object()]}, "a callback must be derived from"),
    ],
)
def test_parts_that_do_not_work_together(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        parts.trainer(**options).fit(*parts.loaders(), epochs=1)


def test_an_optimizer_of_another_model_would_train_nothing() -> None:
    with pytest.raises(ArgumentError, match="no parameter of this model"):
        amont.Trainer(parts.model(), optimizer=optim.SGD(parts.model().parameters(), lr=0.1))
    with pytest.raises(ArgumentError, match="got 'adam'"):
        amont.Trainer(parts.model(), optimizer="adam")  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="needs a model"):
        amont.Trainer(F.relu, optimizer=optim.SGD(parts.model().parameters(), lr=0.1))  # type: ignore[arg-type]


def test_an_optimizer_of_a_part_of_the_model_is_fine() -> None:
    net = nn.Sequential(nn.Linear(4, 8), nn.Linear(8, 3))
    frozen = net.state_dict()["0.weight"].copy()
    trainer = amont.Trainer(net, optimizer=optim.SGD(net[1].parameters(), lr=0.1), progress=False)
    trainer.fit(parts.loaders()[0], epochs=1)
    np.testing.assert_array_equal(net.state_dict()["0.weight"], frozen)


@pytest.mark.parametrize(
    "loader, message",
    [
        (parts.dataset(), r"use data\.DataLoader"),
        (parts.dataset().x, r"use data\.DataLoader"),
        ((batch for batch in parts.loaders()[0]), "got generator"),
        ([parts.dataset()[0]], "got a single sample"),
        ([parts.dataset().x], "got ndarray"),
        ([(1, 2, 3, 4)], "got 4 parts"),
    ],
)
def test_what_is_no_loader(loader: Any, message: str) -> None:
    with pytest.raises((ArgumentError, DataError), match=message):
        parts.trainer().fit(loader, epochs=1)


def test_batches_in_a_list_are_fine() -> None:
    assert len(parts.trainer().fit(list(parts.loaders()[0]), epochs=1)) == 1


@pytest.mark.parametrize("epochs", [-1, 2.5, "3", None])
def test_epochs_are_a_whole_number(epochs: Any) -> None:
    with pytest.raises(ArgumentError, match="epochs must be a whole number"):
        parts.trainer().fit(*parts.loaders(), epochs=epochs)


def test_watching_validation_data_that_is_not_there_is_refused_before_the_first_step(tmp_path: Any) -> None:
    watchers: list[Callback] = [amont.EarlyStopping(), amont.Checkpoint(tmp_path, monitor="val_loss")]
    for watcher in watchers:
        trainer = parts.trainer(callbacks=[watcher])
        with pytest.raises(UnknownNameError, match="pass a validation loader"):
            trainer.fit(parts.loaders()[0], epochs=1)
        assert trainer.optimizer.steps == 0


def test_one_metric_and_one_callback_need_no_list() -> None:
    history = parts.trainer(metrics="accuracy", callbacks=amont.EarlyStopping("loss")).fit(parts.loaders()[0], epochs=1)
    assert "accuracy" in history.columns()


def test_load_takes_the_model_first() -> None:
    with pytest.raises(AmontError, match="takes a model and a path, got str"):
        amont.load("x.safetensors", parts.model())  # type: ignore[type-var, arg-type]
