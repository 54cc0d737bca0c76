"""Picks the newest of many tags with python-semver: `sorted`, as it is mostly done, or `max`."""

import json
import sys
import time
from pathlib import Path

from semver import Version

seconds = []
picked = None
for _ in range(2):
    tags = Path(sys.argv[2]).read_text(encoding="utf-8").split("\n")
    began = time.process_time()
    found = {}
    for tag in tags:
        try:
            found[Version.parse(tag.removeprefix("v"))] = tag
        except ValueError:
            continue
    # Sorting for the sake of one element is what is measured.
    picked = found[max(found) if sys.argv[1] == "max" else sorted(found)[-1]]  # noqa: FURB192
    seconds.append(time.process_time() - began)
print(json.dumps({"cold": seconds[0], "again": seconds[1], "picked": picked}))
