"""The network, its losses and its optimizer. Knows torch and nothing else of the library."""
