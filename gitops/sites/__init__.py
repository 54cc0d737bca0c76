"""Where versions are written: one module per kind of place."""
