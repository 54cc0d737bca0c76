"""What an editor is told of the fleet's own files."""

from collections.abc import Iterator

from gitops.check.finding import Finding, Severity
from gitops.config.json_schema import STORED, json_schema_text
from gitops.errors import Place
from gitops.fleet import Fleet


def schemas(fleet: Fleet) -> Iterator[Finding]:
    """FL204: a stored JSON Schema that is another version's; a fleet need not have any."""
    for name in STORED:
        file = fleet.tree.get(STORED[name])
        if file is None or _packed(file.data) == _packed(json_schema_text(name).encode()):
            continue
        told = f"is not this version's schema of {name}.yaml, so an editor may mark what is right"
        hint = f"write `fairlead schema {name} > {STORED[name]}`"
        yield Finding("FL204", Severity.INFO, Place(STORED[name]), told, hint)


def _packed(data: bytes) -> bytes:
    # Formatters and git's line endings move blanks only, which changes no schema.
    return b"".join(data.split())
