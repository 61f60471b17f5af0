import numpy as np
import pytest

import amont
import amont.functional as F
from amont import nn
from amont.core.errors import ArgumentError, ShapeError

X = np.random.default_rng(0).standard_normal((2, 4, 6, 7)).astype(np.float32)


def test_parameters_have_pytorch_names_and_shapes() -> None:
    assert {k: v.shape for k, v in nn.Conv2d(4, 6, (3, 2), groups=2).state_dict().items()} == {
        "weight": (6, 2, 3, 2),
        "bias": (6,),
    }
    assert {k: v.shape for k, v in nn.ConvTranspose1d(4, 6, 5, groups=2).state_dict().items()} == {
        "weight": (4, 3, 5),
        "bias": (6,),
    }
    assert list(nn.Conv1d(1, 1, 1, bias=False).state_dict()) == ["weight"]


@pytest.mark.parametrize(
    ("layer", "fan_in"), [(nn.Conv2d(8, 64, 5, groups=2), 4 * 25), (nn.ConvTranspose2d(8, 64, 5), 64 * 25)]
)
def test_initial_values_fill_their_bounds(layer: nn.Conv2d, fan_in: int) -> None:
    weight = layer.weight.numpy()
    assert 0.99 < np.abs(weight).max() * np.sqrt(fan_in) <= 1 + 1e-6
    assert abs(weight.mean()) * np.sqrt(fan_in) < 0.05
    assert layer.bias is not None
    assert np.abs(layer.bias.numpy()).max() * np.sqrt(fan_in) <= 1 + 1e-6


def test_same_generator_same_weights() -> None:
    first, second = (nn.Conv2d(3, 4, 3, rng=np.random.default_rng(7)) for _ in range(2))
    np.testing.assert_array_equal(first.weight.numpy(), second.weight.numpy())


def test_every_argument_reaches_the_operation() -> None:
    layer = nn.Conv2d(4, 6, (3, 2), stride=(2, 1), padding=(1, 2), dilation=(1, 3), groups=2)
    expected = F.conv2d(X, layer.weight, layer.bias, stride=(2, 1), padding=(1, 2), dilation=(1, 3), groups=2)
    np.testing.assert_array_equal(layer(X), expected)
    moves = {"stride": (3, 2), "padding": (1, 2), "output_padding": (2, 1), "dilation": (1, 2), "groups": 2}
    transposed = nn.ConvTranspose2d(4, 6, 3, **moves)  # type: ignore[arg-type]
    expected = F.conv_transpose2d(X, transposed.weight, transposed.bias, **moves)  # type: ignore[arg-type]
    np.testing.assert_array_equal(transposed(X), expected)


@pytest.mark.parametrize(("mode", "numpy_mode"), [("reflect", "reflect"), ("replicate", "edge")])
@pytest.mark.parametrize("padding", [2, (1, 2), "same"])
def test_padding_modes(mode: str, numpy_mode: str, padding: object) -> None:
    layer = nn.Conv2d(4, 3, (4, 3), padding=padding, padding_mode=mode)  # type: ignore[arg-type]
    widths = {2: [(2, 2), (2, 2)], (1, 2): [(1, 1), (2, 2)], "same": [(1, 2), (1, 1)]}[padding]  # type: ignore[index]
    padded = np.pad(X, [(0, 0), (0, 0), *widths], mode=numpy_mode)  # type: ignore[call-overload]
    np.testing.assert_allclose(layer(X).numpy(), F.conv2d(padded, layer.weight, layer.bias).numpy(), atol=1e-5)


def test_random_padding_changes_the_border_alone_and_follows_the_seed() -> None:
    layer = nn.Conv2d(4, 3, 3, padding=1, padding_mode="random")
    amont.seed(0)
    first, second = layer(X).numpy(), layer(X).numpy()
    amont.seed(0)
    np.testing.assert_array_equal(layer(X).numpy(), first)
    np.testing.assert_allclose(first[:, :, 1:-1, 1:-1], second[:, :, 1:-1, 1:-1], atol=1e-6)
    assert (first[:, :, 0] != second[:, :, 0]).all()
    own = [nn.Conv2d(4, 3, 3, padding=1, padding_mode="random", rng=np.random.default_rng(5)) for _ in range(2)]
    np.testing.assert_array_equal(own[0](X).numpy(), own[1](X).numpy())


def test_gradients_reach_the_input_through_a_border() -> None:
    x = amont.tensor(X, requires_grad=True)
    layer = nn.Conv2d(4, 1, 3, padding=1, padding_mode="replicate")
    layer(x).backward(np.ones((2, 1, 6, 7), np.float32))
    assert x.grad is not None
    # The replicated edge is counted as often as it is seen: in total every weight meets every position.
    np.testing.assert_allclose(
        x.grad.sum(axis=(0, 2, 3)), 2 * 6 * 7 * layer.weight.numpy().sum(axis=(0, 2, 3)), rtol=1e-4
    )


def test_errors_name_the_layer() -> None:
    model = nn.Sequential(nn.Conv2d(4, 8, 3), nn.Conv2d(64, 8, 3))
    with pytest.raises(
        ShapeError, match=r"^Conv2d '1': expected 64 input channels, got an input of shape \(2, 8, 4, 5\)"
    ):
        model(X)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: nn.Conv2d(3, 4, 3, groups=2), "groups must divide in_channels and out_channels, got groups=2"),
        (lambda: nn.Conv2d(0, 4, 3), "in_channels must be"),
        (lambda: nn.Conv2d(3, 4, 0), "kernel_size must be"),
        (lambda: nn.Conv1d(3, 4, (3, 3)), "kernel_size must be a whole number"),
        (lambda: nn.Conv2d(3, 4, 3, padding="sam"), '"same", "valid" or numbers'),
        (lambda: nn.Conv2d(3, 4, 3, stride=2, padding="same"), "needs stride 1"),
        (lambda: nn.Conv2d(3, 4, 3, padding=1, padding_mode="reflekt"), "did you mean 'reflect'"),
        (lambda: nn.ConvTranspose2d(3, 4, 3, output_padding=-1), "output_padding must be"),
    ],
)
def test_bad_arguments_are_refused_when_the_layer_is_made(make: object, text: str) -> None:
    with pytest.raises(ArgumentError, match=text):
        make()  # type: ignore[operator]


def test_repr_says_what_differs_from_the_defaults() -> None:
    assert repr(nn.Conv2d(1, 6, 5, padding=2)) == "Conv2d(1, 6, kernel_size=(5, 5), stride=(1, 1), padding=(2, 2))"
    text = repr(nn.ConvTranspose1d(2, 2, 3, stride=2, output_padding=1, groups=2, bias=False))
    assert text == "ConvTranspose1d(2, 2, kernel_size=(3,), stride=(2,), output_padding=(1,), groups=2, bias=False)"
