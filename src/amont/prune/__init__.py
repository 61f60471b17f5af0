"""Pruning: weights, or whole channels, that matter little are taken out of a trained network.

The course (D1, last slide) counts pruning among the regularizations, with early stopping, weight decay and data
augmentation: what is left cannot fit the noise. `l1_unstructured` and `global_unstructured` hold single weights at 0
(the network is as large as before); `channels` removes whole channels and units, and the network is really smaller.
"""

from amont.prune.channels import LayerChannels, Shrunk, channels
from amont.prune.couplings import Group, couplings
from amont.prune.magnitude import global_unstructured, l1_unstructured
from amont.prune.masks import is_pruned, make_permanent, masks, set_masks, sparsity
from amont.prune.measure import Cost, measure
from amont.prune.resize import resize

__all__ = [
    "Cost",
    "Group",
    "LayerChannels",
    "Shrunk",
    "channels",
    "couplings",
    "global_unstructured",
    "is_pruned",
    "l1_unstructured",
    "make_permanent",
    "masks",
    "measure",
    "resize",
    "set_masks",
    "sparsity",
]
