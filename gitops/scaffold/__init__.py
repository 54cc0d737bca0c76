"""Answers to files: a fleet repository, and an app in it.

What is written is a function of the answers and of the tree that is there. Nothing is overwritten.
"""

from gitops.scaffold.answers import AppAnswers, FleetAnswers, Kind
from gitops.scaffold.app import add_app
from gitops.scaffold.new import new_fleet

__all__ = ["AppAnswers", "FleetAnswers", "Kind", "add_app", "new_fleet"]
