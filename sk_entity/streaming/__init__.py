"""Fit on more rows than memory holds, and predict them: batch by batch, from disk to disk."""
