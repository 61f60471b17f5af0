"""Videos (course D2): a CNN alone sees images, not their order; a CNN on each frame with an LSTM behind sees both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from amont import nn
from amont.autograd import Tensor, as_tensor
from amont.core.errors import ShapeError
from amont.core.shapes import check_ndim
from amont.models.cnn2d import CNN2d
from amont.ops.shape import getitem

LETTERS = "(N, T, C, H, W)"


class VideoClassifier(nn.Module):
    """The same CNN on each frame, an LSTM over the frames, a dense layer. x (N, T, C, H, W) → logits (N, K).

        f_t = ReLU(BN(CNN(x_t)))    (h_t, c_t) = LSTM(f_t, (h_{t−1}, c_{t−1}))    logits = W h_T + b

    With the defaults a frame goes 1×16×16 → 16×8×8 → 64 features, and the LSTM has 64 units. `lengths` (N,):
    the number of frames of each video; T is then its own last frame. `channels` as for `CNN2d`.

    The CNN normalizes its batches (course D3 5). Without that, features differ too little from frame to frame at first,
    and the LSTM stays at chance for hundreds of steps before it finds the first motion. It pools once: behind a second
    pooling the place of a digit is known less well, and left and right are told apart much later.
    """

    def __init__(
        self,
        num_classes: int = 7,
        in_channels: int = 1,
        image_size: int | Sequence[int] = 16,
        channels: Sequence[int] = (16,),
        features: int = 64,
        hidden_size: int = 64,
    ) -> None:
        cnn = CNN2d(features, in_channels, image_size, channels, batch_norm=True)
        self.encoder = nn.TimeDistributed(nn.Sequential(cnn, nn.BatchNorm1d(features), nn.ReLU()))
        self.recurrent = nn.LSTM(features, hidden_size, hidden_init="orthogonal")
        self.classifier = nn.Linear(hidden_size, num_classes)

    def forward(self, x: Any, lengths: Any = None) -> Tensor:
        """Return the logits after the last frame."""
        _, (h, _) = self._states(x, lengths)  # h (1, N, H)
        logits: Tensor = self.classifier(getitem(h, -1))
        return logits

    def over_time(self, x: Any, lengths: Any = None) -> Tensor:
        """Return the logits (N, T, K) after each frame: the answer if the video ended there."""
        states, _ = self._states(x, lengths)  # (N, T, H)
        logits: Tensor = self.classifier(states)
        return logits

    def _states(self, x: Any, lengths: Any) -> Any:
        x = as_tensor(x)
        check_ndim(x.shape, 5, LETTERS)
        return self.recurrent(self.encoder(x, lengths=lengths), lengths=lengths)


class FrameClassifier(nn.Module):
    """A CNN that reads one frame of a video: what motion can be told from it? x (N, T, C, H, W) → logits (N, K).

    frame: its number t, from 0. The same CNN as in `VideoClassifier`, with a dense layer of `features` units.
    """

    def __init__(
        self,
        num_classes: int = 7,
        in_channels: int = 1,
        image_size: int | Sequence[int] = 16,
        channels: Sequence[int] = (16,),
        features: int = 64,
        frame: int = 0,
    ) -> None:
        self.frame = frame
        self.cnn = CNN2d(num_classes, in_channels, image_size, channels, hidden=(features,), batch_norm=True)

    def forward(self, x: Any, lengths: Any = None) -> Tensor:
        """Return the logits. Errors: `ShapeError` if a video has no such frame."""
        x = as_tensor(x)
        check_ndim(x.shape, 5, LETTERS)
        frames = x.shape[1] if lengths is None else int(np.min(lengths))
        if not 0 <= self.frame < frames:
            raise ShapeError(
                f"frame {self.frame} was asked for, but there is a video of {frames} frames, numbered from 0 to "
                f"{frames - 1}; choose one of these: frame=0"
            )
        logits: Tensor = self.cnn(getitem(x, (slice(None), self.frame)))
        return logits
