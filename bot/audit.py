"""The audit line: one JSON object before each effect, on stderr until there is an audit log."""

import json
import sys
from collections.abc import Mapping


def to_stderr(facts: Mapping[str, object]) -> None:
    """Write one line."""
    print(json.dumps({"audit": dict(facts)}, sort_keys=True), file=sys.stderr, flush=True)  # noqa: T201
