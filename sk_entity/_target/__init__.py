"""The target: its unit, and what the levels of a column tell of it. Knows NumPy and scipy."""
