import json

import numpy as np
import pytest

from amont import models
from benchmarks.workloads import amont_side
from benchmarks.workloads.kernels import KERNELS, PIECES, KernelCase
from benchmarks.workloads.models import IMAGE_MODELS, SEQUENCES, TRAINING, WORKLOADS, ZOO, Workload, batch, lengths

BY_NAME = {w.name: w for w in WORKLOADS}


def test_rows_have_names_of_their_own_and_goals() -> None:
    assert len(BY_NAME) == len(WORKLOADS) == 13
    assert len({k.name for k in KERNELS}) == len(KERNELS)
    assert all(1 < w.at_least < w.aim for w in WORKLOADS)


@pytest.mark.parametrize("workload", WORKLOADS + SEQUENCES + IMAGE_MODELS, ids=lambda w: w.name)
def test_requests_survive_the_line_protocol(workload: Workload) -> None:
    fields = json.loads(json.dumps(workload.request()))
    assert fields.pop("kind") == "model"
    assert Workload(**(fields | {"shape": tuple(fields["shape"])})) == workload


def test_every_image_model_of_the_zoo_has_a_row() -> None:
    families = "resnet", "plain", "wide_resnet", "resnext", "convnext", "alexnet"
    assert {name for name in models.NAMES if name.startswith(families)} == ZOO
    assert len({w.name for w in IMAGE_MODELS}) == len(IMAGE_MODELS)


def test_batches_are_the_same_each_time() -> None:
    (x, labels), (again, _) = batch(TRAINING[0]), batch(TRAINING[0])
    assert x.dtype == np.float32
    assert x.shape == (64, 784)
    assert labels.max() < 10
    np.testing.assert_array_equal(x, again)


@pytest.mark.parametrize(
    "name, parameters",
    [
        ("ResNet-18 3×32×32 b64", 11_173_962),
        ("ResNet-18 3×224×224 b8", 11_689_512),
        ("AlexNet 3×224×224 b16", 62_378_344),
        ("LSTM T100 N64 D64 H256", 4 * 256 * (64 + 256 + 2) + 256 * 64 + 64),
    ],
)
def test_models_have_the_published_number_of_parameters(name: str, parameters: int) -> None:
    assert amont_side.make(BY_NAME[name]).num_parameters() == parameters


def test_multiply_adds_leave_out_the_first_input_gradient() -> None:
    mlp, layers = BY_NAME["MLP b64"], (784 * 256, 256 * 128, 128 * 10)
    assert amont_side.multiply_adds(mlp) == 64 * (3 * sum(layers) - layers[0])


def test_multiply_adds_of_sequences_count_valid_steps_and_all_layers() -> None:
    rows = {w.name.split(", ")[1]: w for w in SEQUENCES if w.model == "gru"}
    N, T, D, H, K = 64, 100, 64, 256, 64
    steps = lengths(rows["lengths"])
    assert steps is not None
    assert steps.min() >= T // 4
    assert steps.max() <= T
    assert lengths(rows["2 layers"]) is None
    first, top = N * T * 3 * H * D, N * T * 3 * H * H
    head = N * H * K
    assert amont_side.multiply_adds(rows["2 layers"]) == 2 * first + 3 * (3 * top + head)
    assert amont_side.multiply_adds(rows["both ways"]) == 2 * (2 * first + 3 * top) + 3 * 2 * head


def test_multiply_adds_of_kernels() -> None:
    assert KernelCase("", "conv", (2, 3, 8, 8), (5, 3, 3, 3), 2, 1).multiply_adds == 2 * 5 * 4 * 4 * 27
    assert KernelCase("", "gru", (2, 7, 4), (6,)).multiply_adds == 2 * 7 * 18 * 10


@pytest.mark.parametrize("op, size, weight", [("conv", (2, 3, 6, 6), (4, 3, 3, 3)), ("gru", (2, 3, 4), (5,))])
def test_kernel_pieces_run(op: str, size: tuple[int, ...], weight: tuple[int, ...]) -> None:
    check = amont_side.build_kernel(KernelCase("small", op, size, weight, padding=op == "conv"), "contiguous").check()
    assert tuple(check) == PIECES[op]
    assert all(np.isfinite(v).all() and min(v) > 0 for v in check.values())
