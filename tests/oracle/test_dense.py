"""FCN-8s and the autoencoders against the same networks written in PyTorch: logits, and the gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from amont import models
from tests.oracle.layers import compare_layers

pytestmark = pytest.mark.oracle
torch = pytest.importorskip("torch")


class TorchFCN8s(torch.nn.Module):
    """The authors' network, layer by layer; `published` with zeros around the image, else padded maps."""

    def __init__(self, plan: Any, num_classes: int, in_channels: int) -> None:
        super().__init__()
        nn, self.published, self.stages = torch.nn, plan.surround == 100, [n for _, n in plan.stages]
        channels, padding = in_channels, plan.surround
        for stage, (width, convolutions) in enumerate(plan.stages, 1):
            for number in range(1, convolutions + 1):
                setattr(self, f"conv{stage}_{number}", nn.Conv2d(channels, width, 3, padding=padding))
                channels, padding = width, 1
        self.fc6 = nn.Conv2d(channels, plan.hidden, plan.window, padding=0 if self.published else plan.window // 2)
        self.fc7 = nn.Conv2d(plan.hidden, plan.hidden, 1)
        self.score_fr = nn.Conv2d(plan.hidden, num_classes, 1)
        self.score_pool3 = nn.Conv2d(plan.stages[2][0], num_classes, 1)
        self.score_pool4 = nn.Conv2d(plan.stages[3][0], num_classes, 1)
        two = {"stride": 2, "bias": False, "padding": 0 if self.published else 1}
        self.upscore2 = nn.ConvTranspose2d(num_classes, num_classes, 4, **two)
        self.upscore_pool4 = nn.ConvTranspose2d(num_classes, num_classes, 4, **two)
        last = 8 if self.published else 2
        self.upscore8 = nn.ConvTranspose2d(num_classes, num_classes, 2 * last, stride=last, bias=False)

    def forward(self, x: Any) -> Any:
        size, pools = x.shape[2:], {}
        for stage, convolutions in enumerate(self.stages, 1):
            for number in range(1, convolutions + 1):
                x = torch.relu(getattr(self, f"conv{stage}_{number}")(x))
            if self.published or stage > 2:
                x = torch.nn.functional.max_pool2d(x, 2, ceil_mode=True)
            pools[stage] = x
        x = self.score_fr(torch.relu(self.fc7(torch.relu(self.fc6(x)))))
        if self.published:
            x = self.upscore2(x)
            x = x + self.score_pool4(pools[4])[:, :, 5 : 5 + x.shape[2], 5 : 5 + x.shape[3]]
            x = self.upscore_pool4(x)
            x = x + self.score_pool3(pools[3])[:, :, 9 : 9 + x.shape[2], 9 : 9 + x.shape[3]]
            return self.upscore8(x)[:, :, 31 : 31 + size[0], 31 : 31 + size[1]]
        skip = self.score_pool4(pools[4])
        x = self.upscore2(x)[:, :, : skip.shape[2], : skip.shape[3]] + skip
        skip = self.score_pool3(pools[3])
        x = self.upscore_pool4(x)[:, :, : skip.shape[2], : skip.shape[3]] + skip
        return self.upscore8(x)[:, :, 1 : 1 + size[0], 1 : 1 + size[1]]


def fcns(backbone: str, num_classes: int, in_channels: int) -> tuple[Any, Any]:
    """Return both networks without dropout; the scores, which begin at zero, drawn in PyTorch's."""
    torch.manual_seed(0)
    ours = models.FCN8s(num_classes, in_channels, backbone, dropout=0.0)
    return ours, TorchFCN8s(ours.plan, num_classes, in_channels)


@pytest.mark.parametrize("size", [(48, 48), (37, 50)])
def test_fcn8s_with_the_small_backbone(size: tuple[int, int]) -> None:
    ours, theirs = fcns("small", 11, 1)
    compare_layers(ours, theirs, np.random.default_rng(0).random((2, 1, *size)))


def test_fcn8s_as_published() -> None:
    """Its logits; in float32, as 134 million weights in two networks are 1 GB."""
    ours, theirs = fcns("vgg16", 21, 3)
    ours.load_state_dict({name: p.detach().numpy() for name, p in theirs.state_dict().items()})
    x = np.random.default_rng(0).random((1, 3, 45, 70), dtype=np.float32)
    with torch.no_grad():
        expected = theirs(torch.tensor(x)).numpy()
    assert expected.shape == (1, 21, 45, 70)
    assert np.ptp(expected) > 1e-2
    np.testing.assert_allclose(ours.eval()(x).numpy(), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("upsampling", ["nearest", "bilinear", "transposed"])
@pytest.mark.parametrize("size", [8, 13])
def test_autoencoders(upsampling: str, size: int) -> None:
    ours = models.Autoencoder(1, size, (4, 6), 5, upsampling)
    nn, middle, bottom = torch.nn, (size + 1) // 2, ((size + 1) // 2 + 1) // 2
    if upsampling == "transposed":
        up = [
            [nn.ConvTranspose2d(a, b, 3, 2, 1, output_padding=1 - n % 2)] for a, b, n in ((6, 4, middle), (4, 1, size))
        ]
    else:
        up = [
            [nn.Upsample(size=n, mode=upsampling), nn.Conv2d(a, b, 3, padding=1)]
            for a, b, n in ((6, 4, middle), (4, 1, size))
        ]
    code = [nn.Linear(5, 6 * bottom**2), nn.ReLU(), nn.Unflatten(1, (6, bottom, bottom))]
    theirs = nn.Sequential()
    theirs.encoder = nn.Sequential(
        *(nn.Conv2d(1, 4, 3, 2, 1), nn.ReLU(), nn.Conv2d(4, 6, 3, 2, 1), nn.ReLU(), nn.Flatten()),
        nn.Linear(6 * bottom**2, 5),
    )
    theirs.decoder = nn.Sequential(*code, *up[0], nn.ReLU(), *up[1], nn.Sigmoid())
    compare_layers(ours, theirs, np.random.default_rng(0).random((3, 1, size, size)))
