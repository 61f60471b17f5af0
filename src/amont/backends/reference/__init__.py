"""The mathematics: every kernel in NumPy, with the equation of the course above it."""

from amont.backends.reference import (
    activation,
    adaptive_pool,
    arithmetic,
    attention,
    conv,
    dropout,
    embedding,
    gru,
    linear,
    loss,
    lstm,
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
    adaptive_pool,
    arithmetic,
    attention,
    conv,
    dropout,
    embedding,
    gru,
    linear,
    loss,
    lstm,
    norm,
    optimizers,
    pool,
    recurrent,
    reduction,
    resample,
    shape,
)

__all__ = ["MODULES"]
