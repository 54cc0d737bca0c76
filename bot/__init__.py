"""Moving releases through a fleet: observe, decide, act."""
