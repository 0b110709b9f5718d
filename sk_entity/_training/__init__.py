"""Training: coded rows and a network in, learned weights out. Knows torch and skorch."""
