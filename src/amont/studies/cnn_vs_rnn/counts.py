"""What can be counted without training: the weights that sharing saves, the products that a stride saves."""

from __future__ import annotations

from typing import Any

from amont import explain, nn
from amont.studies.cnn_vs_rnn import networks
from amont.studies.cnn_vs_rnn.tasks import POSITIONS


def course_counts() -> dict[str, Any]:
    """Return the counts that stand beside the course's Table 1, and the example of its quiz (D3 8.1)."""
    stride_2 = explain.summary(networks.signal_cnn(), (1, POSITIONS), measured=False)
    stride_1 = explain.summary(networks.signal_cnn(stride=1), (1, POSITIONS), measured=False)
    first = next(layer for layer in stride_2.layers if layer.parameters)
    channels, positions = first.output_shape
    cell = nn.RNN(1, networks.HIDDEN["mnist1d"])
    return {
        "conv_parameters": first.parameters,
        "conv_positions": positions,
        "conv_as_dense_parameters": channels * positions * (POSITIONS + 1),
        "receptive_field": receptive_field((5, 3, 3), 2),
        "multiply_adds_stride_2": stride_2.multiply_adds,
        "multiply_adds_stride_1": stride_1.multiply_adds,
        "kept_bytes_stride_2": stride_2.kept_bytes,
        "kept_bytes_stride_1": stride_1.kept_bytes,
        "recurrent_parameters": cell.num_parameters(),
        "steps": POSITIONS,
    }


def receptive_field(kernels: tuple[int, ...], stride: int) -> int:
    """Return how many input positions one output position sees: 1 + Σ (S_l − 1) · Π_{j<l} s_j."""
    return 1 + sum((kernel - 1) * stride**layer for layer, kernel in enumerate(kernels))
