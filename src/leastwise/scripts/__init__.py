"""Scripts that make a descent again without leastwise: NumPy, PyTorch, scikit-learn, JAX."""
