"""The benchmarks of random tables draw tables, and check what must hold of each."""
