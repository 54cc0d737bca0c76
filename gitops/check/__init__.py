"""Rules over a fleet: what is wrong with it, before the bot or Flux finds out."""

from gitops.check.finding import Finding, Severity, facts
from gitops.check.report import Report, checked, findings

__all__ = ["Finding", "Report", "Severity", "checked", "facts", "findings"]
