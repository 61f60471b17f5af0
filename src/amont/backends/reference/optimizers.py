"""Update rules of the optimizers."""
