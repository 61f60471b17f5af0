"""`ProgressBar`: a bar with the remaining time on a terminal, and one plain line per epoch everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amont.training.callback import Callback
from amont.training.history import Row

if TYPE_CHECKING:
    from rich.console import Console

    from amont.training.trainer import Trainer


class ProgressBar(Callback):
    """Show how far training is. The bar covers all epochs; it vanishes at the end, the lines stay."""

    order = 20  # an epoch is shown when it is saved

    def __init__(self, console: Console | None = None) -> None:
        from rich.console import Console

        self.console = console or Console(highlight=False)
        self.bar: Any = None
        self.task: Any = None

    def on_fit_start(self, trainer: Trainer) -> None:
        """Begin the bar, on a terminal."""
        if self.console.is_terminal:
            from rich import progress

            self.bar = progress.Progress(
                progress.TextColumn("{task.description}"),
                progress.BarColumn(),
                progress.TaskProgressColumn(),
                progress.TextColumn("remaining"),
                progress.TimeRemainingColumn(),
                console=self.console,
                transient=True,
            )
            steps = trainer.steps_per_epoch
            self.task = self.bar.add_task("", total=trainer.epochs * steps, completed=trainer.epoch * steps)
            self.bar.start()

    def on_step_end(self, trainer: Trainer) -> None:
        """Move the bar."""
        if self.bar is not None and trainer.position is not None:
            done = -(-trainer.position.batches // trainer.accumulate)
            self.bar.update(
                self.task,
                completed=trainer.epoch * trainer.steps_per_epoch + done,
                description=f"epoch {trainer.epoch + 1}/{trainer.epochs}  "
                f"loss {trainer.position.mean.values()['loss']:.4f}",
            )

    def on_epoch_end(self, trainer: Trainer, row: Row) -> None:
        """Write the epoch's line."""
        self._print(epoch_line(row, trainer.epochs))

    def on_close(self, trainer: Trainer) -> None:
        """Take the bar away and say why training ended before its time."""
        if self.bar is not None:
            self.bar.stop()
            self.bar = None
        if trainer.stop_reason:
            self._print(trainer.stop_reason)

    def _print(self, text: str) -> None:
        self.console.print(text, markup=False, soft_wrap=True)


def epoch_line(row: Row, epochs: int) -> str:
    """Return "epoch  3/10  loss 0.1234  accuracy 97.5 %  val_loss …  lr 0.01  1.2 s"."""
    parts = [f"epoch {row['epoch']:>{len(str(epochs))}}/{epochs}"]
    for name, value in row.items():
        if name not in ("epoch", "lr", "seconds"):
            shown = f"{100 * value:.2f} %" if name.removeprefix("val_") in ("accuracy", "top5") else f"{value:.4f}"
            parts.append(f"{name} {shown}")
    return "  ".join([*parts, f"lr {row['lr']:.3g}", f"{row['seconds']:.1f} s"])
