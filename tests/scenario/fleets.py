"""Fleets of scenario tests: small, whole, and written by hand."""

from collections.abc import Mapping

ENVIRONMENTS = ("dev", "stage", "prod")

FLEET = """\
apiVersion: fairlead.dev/v1alpha1
kind: Fleet
name: acme
branch: main
forge: {kind: local}
people:
  ana: {emails: [ana@example.com], logins: [ana]}
  bo: {emails: [bo@example.com], logins: [bo]}
  cy: {emails: [cy@example.com], logins: [cy]}
  di: {emails: [di@example.com], logins: [di]}
  eve: {emails: [eve@example.com], logins: [eve]}
  ci: {emails: [ci@example.com], bot: true}
groups: {qa: [ana, bo, eve], release-managers: [cy, di, eve]}
environments:
  - name: dev
    clusters: [dev-1]
    follow: {branch: main}
    deliver: %(dev)s
    settle: 1m
  - name: stage
    clusters: [stage-1]
    after: dev
    follow: {tags: prerelease}
    artifacts: tagged
    proof: contained
    deliver: merge-request
    approvals: {required: 1, from: [qa]}
    settle: 2m
    soak: 30m
  - name: prod
    clusters: [prod-eu, prod-us]
    after: stage
    follow: {tags: release}
    artifacts: %(artifacts)s
    proof: commit
    deliver: merge-request
    approvals: {required: 2, from: [release-managers]}
    %(prod)s
%(more)s"""

SYNC = """\
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: flux-system, namespace: flux-system}
spec:
  interval: 1m
  url: ssh://git@git.example.com/acme/fleet.git
  ref: {branch: main}
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: flux-system, namespace: flux-system}
spec:
  interval: 10m
  path: ./clusters/%(environment)s/%(cluster)s
  prune: true
  sourceRef: {kind: GitRepository, name: flux-system}
"""

APP_ON_CLUSTER = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: %(app)s, namespace: flux-system}
spec:
  interval: 1h
  path: ./apps/%(app)s/envs/%(environment)s
  prune: true
  wait: true
  suspend: %(suspend)s
  sourceRef: {kind: GitRepository, name: flux-system}
"""

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: %(app)s}
spec:
  selector: {matchLabels: {app: %(app)s}}
  template:
    metadata: {labels: {app: %(app)s}}
    spec:
      containers:
%(containers)s"""

OVERLAY = """\
# %(app)s in %(environment)s
resources:
  - ../../base
images:
%(images)s"""

CLUSTERS = {"dev": ("dev-1",), "stage": ("stage-1",), "prod": ("prod-eu", "prod-us")}


def fleet_files(
    *,
    dev: str = "merge-request",
    artifacts: str = "proven",
    prod: str = "settle: 1m",
    more: str = "",
) -> dict[str, str]:
    """fleet.yaml and the clusters' own files."""
    values = {"dev": dev, "artifacts": artifacts, "prod": prod, "more": more}
    files = {"fleet.yaml": FLEET % values}
    for environment, clusters in CLUSTERS.items():
        for cluster in clusters:
            where = {"environment": environment, "cluster": cluster}
            files[f"clusters/{environment}/{cluster}/flux-system/gotk-sync.yaml"] = SYNC % where
    return files


def app_files(
    name: str,
    host: str,
    url: str,
    *,
    images: tuple[str, ...] = (),
    pins: Mapping[str, str] | None = None,
    extra: str = "",
    digest: bool = True,
) -> dict[str, str]:
    """An app of one or more images (names below `shop/`), unreleased where `pins` says nothing."""
    names = images or (name,)
    written = pins or {}
    artifacts = "".join(
        f'  - image: {host}/shop/{image}\n    build: "main-{{sha:7}}-{{timestamp:%Y%m%d%H%M%S}}"\n'
        for image in names
    )
    files = {
        f"apps/{name}/app.yaml": (
            "apiVersion: fairlead.dev/v1alpha1\nkind: App\n"
            f"name: {name}\nteam: shop\nsource: {{url: {url}}}\nartifacts:\n{artifacts}{extra}"
        ),
        f"apps/{name}/base/kustomization.yaml": "resources: [deployment.yaml]\n",
        f"apps/{name}/base/deployment.yaml": DEPLOYMENT
        % {
            "app": name,
            "containers": "".join(
                f"        - {{name: {image}, image: {host}/shop/{image}}}\n" for image in names
            ),
        },
    }
    for environment, clusters in CLUSTERS.items():
        version = written.get(environment, "0.0.0-unreleased")
        tag, _, pinned = version.partition("@")
        room = f"    digest: {pinned!r}\n" if digest else ""
        where = {"app": name, "environment": environment}
        files[f"apps/{name}/envs/{environment}/kustomization.yaml"] = OVERLAY % (
            where
            | {
                "images": "".join(
                    f"  - name: {host}/shop/{image}\n    newTag: {tag}\n{room}" for image in names
                )
            }
        )
        suspend = "true" if version == "0.0.0-unreleased" else "false"
        for cluster in clusters:
            files[f"clusters/{environment}/{cluster}/{name}.yaml"] = APP_ON_CLUSTER % (
                where | {"suspend": suspend}
            )
    return files
