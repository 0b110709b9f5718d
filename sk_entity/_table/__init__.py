"""Tables of any kind become integer codes and scaled numbers. Knows narwhals, pandas and NumPy."""
