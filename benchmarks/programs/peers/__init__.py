"""What the peers run, in a Python of their own: `install-peers` makes it."""
