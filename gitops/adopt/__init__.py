"""A repository that was there before Fairlead: its environments, its apps, and where they stand."""

from gitops.adopt.adopting import AdoptAnswers, Adopted, adopt
from gitops.adopt.report import Report, Shared, facts, lines

__all__ = ["AdoptAnswers", "Adopted", "Report", "Shared", "adopt", "facts", "lines"]
