"""A training run in a process of its own, to be killed: `python -m tests.training.killed_run FOLDER EPOCHS`."""

from __future__ import annotations

import sys
from pathlib import Path

import amont
from amont import optim
from tests.training import parts


def main(folder: Path, epochs: int) -> None:
    """Begin the run in `folder`, or go on with it."""
    started = (folder / "state.safetensors").exists()
    amont.seed(1)
    trainer = parts.trainer(
        lr=optim.schedules.cosine(0.02, steps=4 * epochs),
        callbacks=[amont.EarlyStopping("val_loss", patience=epochs), amont.Checkpoint(folder)],
        accumulate=2,
    )
    trainer.fit(*parts.loaders(), epochs=epochs, resume=folder if started else None)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
