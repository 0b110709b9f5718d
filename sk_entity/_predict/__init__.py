"""A trained network as arrays, and its forward pass. Knows NumPy only."""
