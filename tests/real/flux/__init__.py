"""Flux for real: API servers, the real kustomize-controller, and what stands in for the rest.

`cluster` starts them, `programs` says how to get them.
"""
