"""Programs that are measured, each in a process of its own: ours and those of the peers."""
