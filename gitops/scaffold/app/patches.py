"""What one environment changes: JSON patches, written by templates like everything else."""

from collections.abc import Mapping

from gitops.document import Address
from gitops.scaffold.template import filled


def texts(changed: Mapping[str, str]) -> bytes:
    """A patch that puts each text at its JSON pointer."""
    values: dict[Address, str] = {}
    for index, (pointer, text) in enumerate(changed.items()):
        values[index, "path"] = pointer
        values[index, "value"] = text
    return filled("app/patch.yaml", values, grown={(): len(changed)})


def numbers(changed: Mapping[str, int]) -> bytes:
    """A patch that puts each number at its JSON pointer."""
    values: dict[Address, str | int] = {}
    for index, (pointer, number) in enumerate(changed.items()):
        values[index, "path"] = pointer
        values[index, "value"] = number
    return filled("app/patch-number.yaml", values, grown={(): len(changed)})
