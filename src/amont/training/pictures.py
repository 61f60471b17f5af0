"""Pictures of what a run's model makes of images of the test set."""

from __future__ import annotations

from pathlib import Path

from amont.autograd import no_grad
from amont.core.atomic import PathLike, make_folder
from amont.core.errors import ArgumentError
from amont.explain.plots import plot_reconstructions, plot_segmentation
from amont.training.run import trained
from amont.training.tasks import CLASSIFICATION, SEGMENTATION, task_of

SCENES, IMAGES = 4, 10  # shown


def write_pictures(run: PathLike, out: PathLike, data_name: str | None = None, root: str | None = None) -> Path:
    """Write a picture of the first test images with what the model made of them to a folder, and return its path.

    Segmentation: segmentation.png, input, truth and prediction; an autoencoder: reconstructions.png.
    Errors: `ArgumentError` for a run that gives classes of whole images.
    """
    config, model, data = trained(run, data_name, root)
    task = task_of(config, data)
    if task == CLASSIFICATION:
        raise ArgumentError(
            f"{config.model!r} says what an image shows, and has no picture to give; pictures are for segmentation "
            f"and autoencoders (amont look shows what a CNN sees)"
        )
    count = SCENES if task == SEGMENTATION else IMAGES
    x = data.test.x[:count]
    model.eval()
    with no_grad():
        outputs = model(x).numpy()
    if task == SEGMENTATION:
        figure = plot_segmentation(x, data.test.y[:count], outputs.argmax(axis=1), data.class_names)
    else:
        figure = plot_reconstructions(x, outputs)
    path = Path(out) / ("segmentation.png" if task == SEGMENTATION else "reconstructions.png")
    make_folder(path.parent)
    figure.savefig(path, dpi=120)
    return path
