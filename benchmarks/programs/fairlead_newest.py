"""Picks the newest of many tags with Fairlead, twice: as a poll does that finds what it knows."""

import json
import sys
import time
from pathlib import Path

from gitops.constraint import Constraint
from gitops.tags import RangePolicy

policy = RangePolicy(Constraint.parse(">=0.0.0-0"))
seconds = []
picked = None
for _ in range(2):
    # A poll brings the same tags as new texts.
    tags = Path(sys.argv[1]).read_text(encoding="utf-8").split("\n")
    began = time.process_time()
    picked = policy.pick(tags).tag
    seconds.append(time.process_time() - began)
print(json.dumps({"cold": seconds[0], "again": seconds[1], "picked": picked}))
