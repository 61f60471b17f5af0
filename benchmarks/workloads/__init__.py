"""What is timed: whole models in `models.py`, single kernels in `kernels.py`, and how each library runs them."""
