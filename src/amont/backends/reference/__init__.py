"""The mathematics: every kernel in NumPy, with the equation of the course above it."""

from amont.backends.reference import (
    activation,
    arithmetic,
    attention,
    conv,
    dropout,
    embedding,
    linear,
    loss,
    norm,
    optimizers,
    pool,
    recurrent,
    reduction,
    resample,
    shape,
)

MODULES = (
    activation,
    arithmetic,
    attention,
    conv,
    dropout,
    embedding,
    linear,
    loss,
    norm,
    optimizers,
    pool,
    recurrent,
    reduction,
    resample,
    shape,
)

__all__ = ["MODULES"]
