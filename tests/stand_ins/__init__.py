"""Stand-ins for the forges that cannot run here: stateful programs over real git repositories.

Nothing of them is imported by what they test; they are reached over HTTP and git alone.
"""
