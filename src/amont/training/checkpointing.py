"""`Checkpoint`: keeps a run on disk, so that nothing is lost whenever it ends."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amont.checkpoint import save, save_state
from amont.core.atomic import PathLike, make_folder, sweep
from amont.core.errors import FileError
from amont.training.callback import Callback
from amont.training.history import Row
from amont.training.monitor import Monitor
from amont.training.run_folder import HISTORY, MODEL, STATE, claimed

if TYPE_CHECKING:
    from amont.training.trainer import Trainer


class Checkpoint(Callback):
    """Write a run to a folder after every epoch; `trainer.fit(…, resume=folder)` continues it bit for bit.

    The files are those of `run_folder`. `model.safetensors` has the weights of the last epoch, or of the best one
    by the column `monitor` if that is given; when training ends with `EarlyStopping`, its best weights.
    A folder that holds another run is refused, unless `overwrite`.
    """

    order = 10  # after callbacks whose state is saved here

    def __init__(
        self, folder: PathLike, monitor: str | None = None, *, mode: str | None = None, overwrite: bool = False
    ) -> None:
        self.folder = Path(folder)
        self.monitor = Monitor(monitor, mode=mode) if monitor is not None else None
        self.overwrite = overwrite
        self._claim = ExitStack()

    def on_fit_start(self, trainer: Trainer) -> None:
        """Make the folder a whole run from the first moment on."""
        if self.monitor is not None:
            self.monitor.check(trainer.loaders)
        if not self.overwrite and trainer.resumed_from is None and (self.folder / STATE).exists():
            raise FileError(
                f"{str(self.folder)!r} holds another run; continue it with fit(…, resume={str(self.folder)!r}), "
                f"choose another folder, or pass overwrite=True"
            )
        self.overwrite = True  # from here on it is this run's own folder
        make_folder(self.folder)
        self._claim.enter_context(claimed(self.folder))
        sweep(self.folder)
        self._save_first(trainer)

    def _save_first(self, trainer: Trainer) -> None:
        """Write what the folder has before the first step; nobody else writes to it now."""
        if not (trainer.resumed_from and (self.folder / MODEL).exists()):
            save(trainer.model, self.folder / MODEL)
        self._save_state(trainer)

    def on_epoch_end(self, trainer: Trainer, row: Row) -> None:
        """Save. The weights go first: a run killed right after them makes the same weights again."""
        if self.monitor is None or self.monitor.improved(row):
            save(trainer.model, self.folder / MODEL)
        self._save_state(trainer)

    def on_interrupt(self, trainer: Trainer) -> None:
        """Save the place inside the epoch."""
        self._save_state(trainer)

    def on_fit_end(self, trainer: Trainer) -> None:
        """Save the final weights, which may be the best ones now."""
        if self.monitor is None:
            save(trainer.model, self.folder / MODEL)

    def on_close(self, trainer: Trainer) -> None:
        """Let others have the folder."""
        self._claim.close()

    def _save_state(self, trainer: Trainer) -> None:
        save_state(trainer.state_dict(), self.folder / STATE)
        trainer.history.save(self.folder / HISTORY)

    def state_dict(self) -> dict[str, Any]:
        """Return the best value so far."""
        return self.monitor.state_dict() if self.monitor else {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from the best value so far."""
        if self.monitor and state:
            self.monitor.load_state_dict(state)
