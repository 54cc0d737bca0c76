"""Faults of versions and policies: FL1xx and FL2xx."""

from tests.faults.planting import DIGEST, FLEET, IMAGE, Fault, appended, edited

APP = "apps/payments/app.yaml"
DEV = "apps/payments/envs/dev/version/kustomization.yaml"
STAGE = "apps/payments/envs/stage/version/kustomization.yaml"
PROD = "apps/payments/envs/prod/version/kustomization.yaml"
OVERLAY = "apps/payments/envs/stage/kustomization.yaml"
DEPLOYMENT = "apps/payments/base/deployment.yaml"
SCHEMA = ".fairlead/schemas/app.json"
UNRELEASED = "0.0.0-unreleased"


def _entry(image: str, tag: str, digest: str = DIGEST) -> str:
    return f"  - name: {image}\n    newTag: {tag}\n    digest: {digest}\n"


CLUSTER = "clusters/dev/dev-1/kustomization.yaml"
SHARED = FLEET[CLUSTER].data + f"images:\n{_entry(IMAGE, 'v1.0')}".encode()
"""A version outside of every app's directory."""
_BUILD = "main-{sha:7}-{timestamp:%Y%m%d%H%M%S}"
_SCANNED = """apiVersion: image.toolkit.fluxcd.io/v1
kind: ImageRepository
metadata: {name: payments, namespace: flux-system}
spec: {interval: 1h, image: registry.example.com/shop/%s}
---
apiVersion: image.toolkit.fluxcd.io/v1
kind: ImagePolicy
metadata: {name: payments, namespace: flux-system}
spec:
  imageRepositoryRef: {name: payments}
  policy: {semver: {range: ">=1.0.0"}}
"""
MARKED = edited(
    DEV, ("newTag: v1.0", 'newTag: v1.0 # {"$imagepolicy": "flux-system:payments:tag"}')
)
_CLAIM = f'artifacts:\n  - {{image: {IMAGE}, tag: "v{{tag}}", build: "{_BUILD}"}}\n'
TWICE = edited("apps/antaeus/app.yaml", ("artifacts:\n", _CLAIM))
"""An image that two apps name."""

FAULTS = (
    Fault(
        "FL101",
        "no release yet",
        edited(PROD, ("newTag: v1.0", f"newTag: {UNRELEASED}"), (f'"{DIGEST}"', '""')),
        edited(PROD, ("newTag: v1.0", "newTag: v0.0"), (f'"{DIGEST}"', '""')),
    ),
    Fault(
        "FL102",
        "one version for two environments",
        edited(OVERLAY, ("  - version", "  - ../dev/version")),
        edited(OVERLAY, ("  - version", "  - ../stage/version")),
    ),
    Fault(
        "FL103",
        "two tags",
        appended(STAGE, _entry(IMAGE, "v9")),
        appended(STAGE, _entry(IMAGE, "v1.0")),
    ),
    Fault(
        "FL103",
        "two digests",
        appended(STAGE, _entry(IMAGE, "v1.0", "sha256:" + "2" * 64)),
        appended(STAGE, _entry("registry.example.com/other", "v9", "sha256:" + "2" * 64)),
    ),
    Fault(
        "FL104",
        "a variable",
        edited(STAGE, ("newTag: v1.0", "newTag: ${VERSION}")),
        edited(STAGE, ("newTag: v1.0", "newTag: v1.0 # ${VERSION}")),
    ),
    Fault(
        "FL105",
        "an image of two apps, outside of both",
        {**TWICE, CLUSTER: SHARED},
        TWICE,
    ),
    Fault(
        "FL106",
        "rc9",
        edited(STAGE, ("newTag: v1.0", "newTag: v1.0-rc9")),
        edited(STAGE, ("newTag: v1.0", "newTag: v1.0-rc.9")),
    ),
    Fault(
        "FL107",
        "an image spelled otherwise",
        edited(APP, (IMAGE, f"{IMAGE}-new")),
        edited(APP, (f"image: {IMAGE}", f'image: "{IMAGE}"')),
    ),
    Fault(
        "FL108",
        "no room for a digest where approvals are needed",
        edited(STAGE, (f'    digest: "{DIGEST}"\n', "")),
        edited(DEV, (f'    digest: "{DIGEST}"\n', "")),
    ),
    Fault(
        "FL109",
        "ahead of what comes before",
        edited(PROD, ("newTag: v1.0", "newTag: v1.1")),
        edited(PROD, ("newTag: v1.0", "newTag: v0.9")),
    ),
    Fault(
        "FL109",
        "a release whose prerelease was of another version",
        edited(STAGE, ("newTag: v1.0", "newTag: v0.9-rc.1")),
        edited(STAGE, ("newTag: v1.0", "newTag: v1.0-rc.1")),
    ),
    Fault(
        "FL110",
        "a prerelease where releases are followed",
        edited(PROD, ("newTag: v1.0", "newTag: v1.0-rc.1")),
        edited(STAGE, ("newTag: v1.0", "newTag: v1.0-rc.1")),
    ),
    Fault(
        "FL110",
        "a build where prereleases are followed",
        edited(STAGE, ("newTag: v1.0", "newTag: main-0123456-20260801120000")),
        edited(DEV, ("newTag: v1.0", "newTag: main-0123456-20260801120000")),
    ),
    Fault(
        "FL111",
        "a tag that was moved",
        edited(PROD, (DIGEST, "sha256:" + "2" * 64)),
        edited(PROD, (DIGEST, "sha256:" + "2" * 64), ("newTag: v1.0", "newTag: v0.9")),
    ),
    Fault(
        "FL112",
        "a policy for another image",
        {**MARKED, "clusters/dev/dev-1/apps/scan.yaml": (_SCANNED % "antaeus").encode()},
        {**MARKED, "clusters/dev/dev-1/apps/scan.yaml": (_SCANNED % "payments").encode()},
    ),
    Fault(
        "FL201",
        "a soak at the end",
        edited("fleet.yaml", ("    proof: commit\n", "    proof: commit\n    soak: 1h\n")),
        edited("fleet.yaml", ("    soak: 30m", "    soak: 1h")),
    ),
    Fault(
        "FL201",
        "an app's soak at the end",
        appended(APP, "environments:\n  prod: {soak: 1h}\n"),
        appended(APP, "environments:\n  stage: {soak: 1h}\n"),
    ),
    Fault(
        "FL202",
        "as many approvals as people",
        edited("fleet.yaml", ("{required: 1, from: [qa]}", "{required: 3, from: [qa]}")),
        edited("fleet.yaml", ("{required: 1, from: [qa]}", "{required: 2, from: [qa]}")),
    ),
    Fault(
        "FL203",
        "an approver without e-mail",
        edited("fleet.yaml", ("qa: [ana, bo, eve]", "qa: [ana, bo, eve, zoe]")),
        edited(
            "fleet.yaml",
            ("qa: [ana, bo, eve]", "qa: [ana, bo, eve, zoe]"),
            ("people:\n", "people:\n  zoe: {emails: [zoe@example.com]}\n"),
        ),
    ),
    Fault(
        "FL205",
        "a failure of no soak",
        edited("fleet.yaml", ("    soak: 30m", "    on_failure: hold")),
        edited("fleet.yaml", ("    soak: 30m", "    soak: 30m\n    on_failure: hold")),
    ),
    Fault(
        "FL205",
        "an app's failure of no soak",
        appended(APP, "environments:\n  dev: {on_failure: hold}\n"),
        appended(APP, "environments:\n  stage: {on_failure: hold}\n"),
    ),
    Fault(
        "FL204",
        "a schema of another version",
        edited(SCHEMA, ('"title"', '"heading"')),
        edited(SCHEMA, ('"title"', '\r\n\t"title"')),
    ),
)
