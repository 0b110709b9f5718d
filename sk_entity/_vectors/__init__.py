"""Learned vectors: canonical axes, alignment of networks, and what is looked up. Knows NumPy."""
