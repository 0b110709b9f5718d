"""The benchmarks of how reliable the library is: random tables, faults, hostile files, versions."""
