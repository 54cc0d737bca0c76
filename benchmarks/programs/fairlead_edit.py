"""Edits scalars with Fairlead: `gitops.edit.replace`, its proof included."""

from benchmarks.programs.editing import Job, Refused, work
from gitops.edit import Replacement, replace
from gitops.errors import FairleadError


def edit(job: Job) -> bytes:
    """The edited file."""
    wanted = [Replacement(job.document, tuple(address), new) for address, new in job.edits]
    try:
        return replace(job.path, job.data, wanted)
    except FairleadError as error:
        raise Refused(str(error)) from error


work(edit)
