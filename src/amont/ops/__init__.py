"""Operations on tensors: the nodes of the graph, one file per family.

A function here checks shapes, gives errors that say what to do, and applies its `Op`; the arithmetic is done by
the backend.
"""

from amont.ops import operators as _operators  # noqa: F401  gives Tensor its + - * / @ []
