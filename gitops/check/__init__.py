"""Rules over a fleet: what is wrong with it, before the bot or Flux finds out."""

from gitops.check.finding import Finding, Severity, facts
from gitops.check.rules import findings

__all__ = ["Finding", "Severity", "facts", "findings"]
