"""Answers to a Tree: a new fleet, a new app."""
