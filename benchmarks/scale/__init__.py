"""The benchmarks of many rows: what they cost, in memory, from disk and on paper."""
