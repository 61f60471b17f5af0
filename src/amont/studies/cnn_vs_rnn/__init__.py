"""The comparative study of CNN and RNN that the first document of the course describes."""

from amont.studies.cnn_vs_rnn.study import Options, Outcome, run, tune_recipes

__all__ = ["Options", "Outcome", "run", "tune_recipes"]
