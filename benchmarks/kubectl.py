"""kubectl from its source, which the API server's own `go.mod` pins too.

`python -m benchmarks.kubectl` builds it once, with Go, in a minute where the API server was built.
"""

import sys
from dataclasses import replace

from tests.real.flux.programs import API_SERVER

KUBECTL = replace(API_SERVER, name="kubectl", package="k8s.io/kubernetes/cmd/kubectl")

if __name__ == "__main__":
    sys.stdout.write(f"{KUBECTL.build()}\n")
