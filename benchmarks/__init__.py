"""Timings beside PyTorch: `python -m benchmarks` (or `make bench`). Nothing here is a test.

A parent process starts one child per library (`child.py`, `worker.py`) and lets the two run in turn (`pairs.py`).
What is timed stands in `workloads/`; each section (`steps`, `kernels`, `memory`, `startup`, `scaling`) is a file.

How to measure without deceiving oneself
----------------------------------------
- The machine's clock drifts by up to 2× within an hour: only ratios of runs in turn mean anything, so a row's ratio
  is the median of the ratios of its pairs, and who goes first alternates.
- A thread pool spins for some milliseconds after each call. Two pools in one process, or a pool that has not gone to
  sleep yet, made both sides up to twice as slow: hence processes of their own, and a pause before each turn.
- A batch that is learned by heart has gradients so small that they are denormal, and slow 5× and more: hence a small
  learning rate, so that the hundredth step computes with numbers like those of the first.
- What computes something else may well be faster: each row first checks that both sides give the same loss.
"""
