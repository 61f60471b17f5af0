import numpy as np
import pytest

import amont.functional as F
from amont import nn
from amont.core.errors import ArgumentError

IMAGE = np.random.default_rng(0).standard_normal((2, 3, 7, 6)).astype(np.float32)


def test_upsample_is_interpolate() -> None:
    layer = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)
    expected = F.interpolate(IMAGE, scale_factor=2, mode="bilinear", align_corners=True)
    np.testing.assert_array_equal(layer(IMAGE), expected)
    np.testing.assert_array_equal(nn.Upsample(9)(IMAGE[:, :, 0]), F.interpolate(IMAGE[:, :, 0], 9))


def test_size_and_scale_factor_exclude_each_other() -> None:
    for arguments in ({}, {"size": 2, "scale_factor": 2}):
        with pytest.raises(ArgumentError, match="either size or scale_factor"):
            nn.Upsample(**arguments)


def test_repr() -> None:
    assert repr(nn.Upsample(scale_factor=2)) == "Upsample(scale_factor=2, mode='nearest')"
    assert repr(nn.Upsample((3, 4), mode="bilinear")) == "Upsample(size=(3, 4), mode='bilinear')"
