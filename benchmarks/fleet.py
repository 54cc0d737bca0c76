"""A fleet of many apps, as large as asked for, the same for the same numbers."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Final

SEED: Final = 20261121
APPS: Final = 1_000
ENVIRONMENTS: Final = ("dev", "stage", "prod")

FILES_OF_APP: Final = 10
SITES_OF_APP: Final = 8
"""Chart version and image tag of the base; of each environment, `newTag` and a patch's tag."""

_CRDS = 20
_RELEASE = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: {app}
  namespace: {team}
spec:
  interval: 1h
  chart:
    spec:
      chart: {app}
      version: {version}  # kept
      sourceRef:
        kind: HelmRepository
        name: charts
        namespace: flux-system
  install:
    remediation: {{retries: 3}}
  upgrade:
    cleanupOnFail: true
    remediation:
      strategy: rollback
      retries: 3
  values:
    image:
      repository: registry.example.com/{team}/{app}
      tag: "{version}"
    replicaCount: {replicas}
{values}"""
_VALUES = """\
    section{number}:
      enabled: true
      host: "{app}-{number}.example.com"
      port: {port}
      args: ["--level=info", '--name={app}']
"""
_PATCH = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: {app}
  namespace: {team}
spec:
  values:
    image:
      tag: {version}
    replicaCount: {replicas}
"""
_OVERLAY = """\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
- ../../base
patches:
- path: patch.yaml
images:
- name: registry.example.com/{team}/{app}-worker
  newTag: {version}
"""
_BASE = """\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
- release.yaml
- policy.yaml
- config.yaml
"""
_POLICY = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: {app}, namespace: {team}}}
spec:
  podSelector:
    matchLabels:
      app.kubernetes.io/name: {app}
  ingress:
  - from:
    - namespaceSelector:
        matchLabels: {{team: {team}}}
    ports:
    - port: {port}
"""
_CONFIG = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: {app}
  namespace: {team}
data:
  LOG_LEVEL: info
  URL: "https://{app}.example.com"
"""


def files(apps: int = APPS, seed: int = SEED) -> Mapping[str, bytes]:
    """Ten files for each app, and a few large definitions of custom resources."""
    random = Random(seed)
    found = {path: text.encode() for n in range(apps) for path, text in _of_app(random, n)}
    for number in range(min(_CRDS, apps)):
        found[f"infrastructure/crds/{number}.yaml"] = _definition(number).encode()
    return found


def sites(apps: int = APPS) -> int:
    """How many versions are written in `files(apps)`."""
    return apps * SITES_OF_APP


def release(app: str, version: str, sections: int = 9) -> str:
    """A HelmRelease; with nine sections it is as large as real ones are on average, 2 kB."""
    values = "".join(
        _VALUES.format(app=app, number=number, port=8000 + number) for number in range(sections)
    )
    return _RELEASE.format(app=app, team="shop", version=version, replicas=2, values=values)


def write(root: Path, contents: Mapping[str, bytes]) -> None:
    """Write files below a directory."""
    for path, data in contents.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


def _of_app(random: Random, number: int) -> Iterator[tuple[str, str]]:
    app, team = f"app-{number:04}", f"team-{number % 40:02}"
    home = f"apps/{team}/{app}"
    names = {"app": app, "team": team, "port": 8000 + number % 1000, "replicas": 2}

    def version() -> str:
        return f"{random.randrange(5)}.{random.randrange(30)}.{random.randrange(100)}"

    values = "".join(
        _VALUES.format(app=app, number=n, port=8000 + n) for n in range(random.randrange(4))
    )
    yield f"{home}/base/release.yaml", _RELEASE.format(**names, version=version(), values=values)
    yield f"{home}/base/kustomization.yaml", _BASE
    yield f"{home}/base/policy.yaml", _POLICY.format(**names)
    yield f"{home}/base/config.yaml", _CONFIG.format(**names)
    for environment in ENVIRONMENTS:
        overlay = f"{home}/{environment}"
        yield f"{overlay}/kustomization.yaml", _OVERLAY.format(**names, version=version())
        yield f"{overlay}/patch.yaml", _PATCH.format(**names, version=version())


def _definition(number: int) -> str:
    head = (
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n"
        f"metadata: {{name: things{number}.example.com}}\nspec:\n  group: example.com\n"
        "  versions:\n  - name: v1\n    schema:\n      openAPIV3Schema:\n        properties:\n"
    )
    return head + "".join(
        f"          field{n}:\n            description: What the field {n} of a thing is for.\n"
        f"            type: string\n            maxLength: {n + 1}\n"
        for n in range(300)
    )
