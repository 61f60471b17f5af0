"""Changes of shape."""
