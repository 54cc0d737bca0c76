"""Real counterparts: each module can get, start and stop one.

Where a counterpart is absent its tests are skipped, loudly; with FAIRLEAD_REQUIRE_REAL=1 its
absence is a failure.
"""

import os
from pathlib import Path

import pytest


def require(name: str, path: str | Path | None) -> Path:
    """The path of a counterpart; skips or fails the test when it is absent.

    Args:
        name: what it is and how to get it, as the reader of the report needs it.
        path: where it lies, None when it was not found.
    """
    if path is not None and Path(path).exists():
        return Path(path)
    if os.environ.get("FAIRLEAD_REQUIRE_REAL") == "1":
        pytest.fail(f"{name} is absent, and FAIRLEAD_REQUIRE_REAL=1 wants it", pytrace=False)
    pytest.skip(f"NOT TESTED: {name} is absent")
