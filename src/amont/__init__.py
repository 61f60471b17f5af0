"""amont: deep learning from scratch, where every backward pass is written out and can be looked at."""

from amont import nn
from amont.autograd import Op, Tensor, enable_grad, no_grad, tensor
from amont.backends.select import use_backend
from amont.core.rng import seed
from amont.version import __version__

__all__ = ["Op", "Tensor", "__version__", "enable_grad", "nn", "no_grad", "seed", "tensor", "use_backend"]
