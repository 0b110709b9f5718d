"""The benchmarks of faults end works by force, fill disks, take memory, and run many at once."""
