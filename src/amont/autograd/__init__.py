"""The computational graph: tensors, operations, and the walk back through them."""

from amont.autograd.engine import backward, observe
from amont.autograd.grad_mode import enable_grad, is_grad_enabled, no_grad
from amont.autograd.op import Op, watch
from amont.autograd.tensor import Tensor, as_tensor, tensor

__all__ = [
    "Op",
    "Tensor",
    "as_tensor",
    "backward",
    "enable_grad",
    "is_grad_enabled",
    "no_grad",
    "observe",
    "tensor",
    "watch",
]
