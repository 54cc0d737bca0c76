"""What Flux would apply: the builds of a fleet, made ready for kustomize, and what comes of them.

Nothing is started here: whoever renders brings a `Builder`.
"""
