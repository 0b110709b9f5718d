"""The benchmarks of hostile files make them, try them, and keep few."""
