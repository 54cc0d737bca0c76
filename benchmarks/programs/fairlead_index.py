"""Finds every site below a directory with Fairlead."""

import json
import sys
import time
from pathlib import Path

from gitops.directory import read_directory
from gitops.sites import survey

began = time.process_time()
found = survey(read_directory(Path(sys.argv[1])))
print(json.dumps({"seconds": time.process_time() - began, "sites": len(found.sites)}))
