"""Edits scalars with ruamel.yaml's round trip, set up to keep as much of the layout as it can."""

import io
from typing import Any

from ruamel.yaml import YAML  # type: ignore[import-not-found]
from ruamel.yaml.error import YAMLError  # type: ignore[import-not-found]
from ruamel.yaml.scalarstring import ScalarString  # type: ignore[import-not-found]

from benchmarks.programs.editing import Address, Job, Refused, work

ROUND_TRIP = YAML()
ROUND_TRIP.preserve_quotes = True
ROUND_TRIP.width = 4096
ROUND_TRIP.indent(mapping=2, sequence=4, offset=2)


def edit(job: Job) -> bytes:
    """The edited file."""
    out = io.BytesIO()
    try:
        documents = list(ROUND_TRIP.load_all(job.data))
        for address, new in job.edits:
            put(documents, job.document, address, new)
        ROUND_TRIP.dump_all(documents, out)
    except (YAMLError, LookupError, TypeError, ValueError, AttributeError) as error:
        raise Refused(f"{type(error).__name__}: {error}") from error
    return out.getvalue()


def put(documents: list[Any], index: int, address: Address, new: str) -> None:
    """Set one value, in the quotes that the old one had."""
    if not address:
        documents[index] = new
        return
    node = documents[index]
    for step in address[:-1]:
        node = node[step]
    old = node[address[-1]]
    node[address[-1]] = type(old)(new) if isinstance(old, ScalarString) else new


work(edit)
