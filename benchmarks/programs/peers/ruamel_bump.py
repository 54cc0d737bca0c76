"""Sets the chart version of every HelmRelease of a directory with ruamel.yaml's round trip."""

import sys
from pathlib import Path

from ruamel.yaml import YAML  # type: ignore[import-not-found]

directory, chart, version = sys.argv[1:]
round_trip = YAML()
round_trip.preserve_quotes = True
round_trip.width = 4096
for path in sorted(Path(directory).glob("*.yaml")):
    document = round_trip.load(path.read_bytes())
    spec = document["spec"]["chart"]["spec"]
    if spec["chart"] == chart:
        spec["version"] = version
        with path.open("wb") as file:
            round_trip.dump(document, file)
