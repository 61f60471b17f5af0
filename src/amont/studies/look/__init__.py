"""What a trained network sees in an image: figures and one page, `amont look`."""

from amont.studies.look.look import Options, look

__all__ = ["Options", "look"]
