"""`amont evaluate`: measure the model of a run on a test set."""

from __future__ import annotations

import typer


def evaluate(
    run: str = typer.Argument(..., metavar="RUN", help="Folder of a run, e.g. runs/lenet-digits."),
    data: str | None = typer.Option(None, help="Another data set than the one of the run."),
    root: str | None = typer.Option(None, help="Folder of data sets that are not embedded."),
    pictures: str | None = typer.Option(None, metavar="DIR", help="Segmentation, autoencoder: draw its answers."),
    classes: bool = typer.Option(False, "--classes", help="Show each class, and the confusion matrix."),
) -> None:
    """Show loss and accuracy of a run's model on the test set; for segmentation, the IoU of each class."""
    from amont.training import run as runs

    found = runs.evaluate(run, data, root)
    wide = max(10, *(len(name) + 2 for name in found))
    for name, value in found.items():
        typer.echo(f"{name:{wide}}{value:.4f}")
    if pictures:
        from amont.training.pictures import write_pictures

        typer.echo(f"drawn in {write_pictures(run, pictures, data, root)}")
    if classes:
        _show_classes(run, data, root)


def _show_classes(run: str, data: str | None, root: str | None) -> None:
    from amont.training import run as runs
    from amont.training.confusion import by_class

    matrix, names = runs.evaluate_classes(run, data, root)
    wide = max(5, *map(len, names))
    typer.echo(f"\n{'class':{wide}}  samples   recall  precision  most often taken for")
    for row in by_class(matrix, names):
        taken = f"{row['taken for']} ({row['times']})" if row["times"] else "—"
        shares = f"{100 * row['recall']:6.2f} %  {100 * row['precision']:7.2f} %"
        typer.echo(f"{row['class']:{wide}}  {row['samples']:7}  {shares}  {taken}")
    cell = max(len(str(matrix.max())), len(str(len(names) - 1)))
    typer.echo("\nrows: true class; columns: the class it was given to, in the same order")
    for name, counts in zip(names, matrix, strict=True):
        typer.echo(f"{name:{wide}}  {'  '.join(f'{n:{cell}}' for n in counts)}")
