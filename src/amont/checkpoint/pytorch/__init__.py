"""Reading PyTorch's `.pth` files as data: nothing in them is imported, called or executed."""

from amont.checkpoint.pytorch.weights import Weights, load_pytorch, read_pytorch

__all__ = ["Weights", "load_pytorch", "read_pytorch"]
