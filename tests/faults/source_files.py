"""Faults of kustomize and of source files: FL4xx."""

import re

from tests.faults.planting import FLEET, Fault, appended, edited

BASE = "apps/payments/base/kustomization.yaml"
DEPLOYMENT = "apps/payments/base/deployment.yaml"
SERVICE = "apps/payments/base/service.yaml"
BUDGET = "apps/payments/base/pod-disruption-budget.yaml"
OVERLAY = "apps/payments/envs/stage/kustomization.yaml"
SETTINGS = "apps/payments/base/settings.yaml"
VARIABLES = "clusters/dev/dev-1/cluster-vars.yaml"
CI = ".github/workflows/more.yaml"
LAYER = "clusters/dev/dev-1/infrastructure/shop.yaml"
SWEPT = "clusters/dev/dev-1/infrastructure/values.yaml"
LISTED = edited(BASE, ("  - service.yaml\n", "  - service.yaml\n  - settings.yaml\n"))
"""The base with one resource more."""


def settings(data: str = "LOG_LEVEL: info", name: str = "settings", version: str = "v1") -> bytes:
    head = f"apiVersion: {version}\nkind: ConfigMap\nmetadata:\n  name: {name}\n"
    return f"{head}data:\n  {data}\n".encode()


def patched(patch: str, target: str = "") -> dict[str, bytes]:
    """The overlay of stage with one patch; both as lines without indentation."""
    lines = "".join(f"      {line}\n" for line in patch.splitlines())
    entry = f"  - patch: |\n{lines}"
    if target:
        entry += f"    target: {target}\n"
    return appended(OVERLAY, f"patches:\n{entry}")


def scaled(name: str = "payments", version: str = "apps/v1", namespace: str = "") -> str:
    said = f"  namespace: {namespace}\n" if namespace else ""
    head = f"apiVersion: {version}\nkind: Deployment\nmetadata:\n  name: {name}\n{said}"
    return f"{head}spec:\n  replicas: 3\n"


def role(account: str) -> str:
    """The first line of metadata with the role of an account, as External Secrets is told one."""
    named = f"arn:aws:iam::{account}:role/payments"
    return f"metadata:\n  annotations:\n    eks.amazonaws.com/role-arn: {named}\n"


KUSTOMIZE = re.findall(rb"^kustomize (.+)$", FLEET[".tool-versions"].data, re.MULTILINE)[0]

OPERATIONS = "- op: replace\n  path: /spec/replicas\n  value: 3\n"
UNFINISHED = "<<<<<<< HEAD\n  port: 80\n=======\n  port: 81\n>>>>>>> shop\n"
CHART = "helmCharts:\n  - {name: podinfo, repo: 'https://charts.example.com', version: 1.0.0}\n"
REMOTE = "https://git.example.com/shop/base.git"

FAULTS = (
    Fault(
        "FL401",
        "a quote that is not closed",
        {**LISTED, SETTINGS: settings('LOG_LEVEL: "info')},
        {**LISTED, SETTINGS: settings('LOG_LEVEL: info"')},
    ),
    Fault(
        "FL401",
        "a tab in the indentation",
        {**LISTED, SETTINGS: settings("LOG_LEVEL: info\n\tMODE: slow")},
        {**LISTED, SETTINGS: settings("LOG_LEVEL:\tinfo")},
    ),
    Fault(
        "FL401",
        "Latin letters of another code page",
        {**LISTED, SETTINGS: settings("NAME: caf\xe9").decode().encode("latin-1")},
        {**LISTED, SETTINGS: settings("NAME: caf\xe9")},
    ),
    Fault(
        "FL402",
        "a key that occurs twice",
        {**LISTED, SETTINGS: settings("LOG_LEVEL: info\n  LOG_LEVEL: debug")},
        {**LISTED, SETTINGS: settings("LOG_LEVEL: info\n  log_level: debug")},
    ),
    Fault(
        "FL402",
        "two lists of components",
        appended(OVERLAY, "components:\n  - version\n"),
        appended(OVERLAY, "labels: []\n"),
    ),
    Fault(
        "FL403",
        "UTF-16",
        {**LISTED, SETTINGS: settings().decode().encode("utf-16")},
        {**LISTED, SETTINGS: settings("LOG_LEVEL: \uff21")},
    ),
    Fault(
        "FL404",
        "a merge in a file that Flux reads",
        {SERVICE: FLEET[SERVICE].data + UNFINISHED.encode()},
        {
            **LISTED,
            SETTINGS: settings(f"TEXT: |\n    {UNFINISHED.replace(chr(10), chr(10) + '    ')}"),
        },
    ),
    Fault(
        "FL404",
        "a merge in the Makefile",
        appended("Makefile", UNFINISHED),
        {"README.md": FLEET["README.md"].data + UNFINISHED.encode()},
    ),
    Fault(
        "FL405",
        "what a patch could not change",
        {f"{SERVICE}.rej": b"@@ -1 +1 @@\n"},
        {"apps/payments/base/notes.rej": b"nothing beside it\n"},
    ),
    Fault(
        "FL406",
        "values among the resources",
        {**LISTED, SETTINGS: b"replicas: 2\n"},
        {**LISTED, SETTINGS: b"# nothing yet\n"},
    ),
    Fault(
        "FL406",
        "values in a directory of which Flux takes all",
        {SWEPT: b"replicas: 2\n"},
        {SWEPT.replace(".yaml", ".txt"): b"replicas: 2\n"},
    ),
    Fault(
        "FL406",
        "an object without a name",
        {**LISTED, SETTINGS: settings().replace(b"  name:", b"  generateName:")},
        {**LISTED, SETTINGS: b"apiVersion: v1\nkind: ConfigMapList\nitems: []\n"},
    ),
    Fault(
        "FL407",
        "a field with a slip",
        edited(BASE, ("resources:", "resource:")),
        edited(BASE, ("resources:", "Resources:")),
    ),
    Fault(
        "FL407",
        "a field of a patch with a slip",
        patched(scaled(), "{kind: Deployment, named: payments}"),
        patched(scaled(), "{kind: Deployment, name: payments}"),
    ),
    Fault(
        "FL408",
        "a resource that is listed twice",
        edited(BASE, ("  - service.yaml\n", "  - service.yaml\n  - ./service.yaml\n")),
        edited(BASE, ("  - service.yaml\n", "  - ./service.yaml\n")),
    ),
    Fault(
        "FL408",
        "two manifests of one object",
        {**LISTED, SETTINGS: FLEET[SERVICE].data},
        {**LISTED, SETTINGS: FLEET[SERVICE].data.replace(b"name: payments\n", b"name: more\n", 1)},
    ),
    Fault(
        "FL408",
        "an overlay that repeats its base",
        {
            **edited(OVERLAY, ("  - ../../base\n", "  - ../../base\n  - service.yaml\n")),
            "apps/payments/envs/stage/service.yaml": FLEET[SERVICE].data,
        },
        {
            **edited(OVERLAY, ("  - ../../base\n", "  - ../../base\n  - service.yaml\n")),
            "apps/payments/envs/stage/service.yaml": FLEET[SERVICE].data.replace(
                b"  name: payments\n", b"  name: payments-stage\n", 1
            ),
        },
    ),
    Fault(
        "FL409",
        "a patch with a slip",
        patched(scaled("paymnets")),
        patched(scaled("payments")),
    ),
    Fault(
        "FL409",
        "a patch for another namespace",
        patched(scaled(namespace="shop")),
        patched(scaled(namespace="default")),
    ),
    Fault(
        "FL409",
        "operations for nobody",
        patched(OPERATIONS),
        patched(OPERATIONS, "{kind: Deployment}"),
    ),
    Fault(
        "FL410",
        "a patch of an older version",
        patched(scaled(version="apps/v1beta1")),
        patched(scaled(version="apps/v1beta1"), "{kind: Deployment, name: payments}"),
    ),
    Fault(
        "FL411",
        "a target with a slip",
        patched(OPERATIONS, "{kind: Deployment, name: payment}"),
        patched(OPERATIONS, "{kind: Deployment, name: payment.}"),
    ),
    Fault(
        "FL422",
        "an operation of no name",
        patched(OPERATIONS.replace("op: ", "do: "), "{kind: Deployment}"),
        patched(OPERATIONS, "{kind: Deployment}"),
    ),
    Fault(
        "FL412",
        "labels as they were written once",
        appended(OVERLAY, "commonLabels: {tier: shop}\n"),
        appended(OVERLAY, "commonAnnotations: {tier: shop}\n"),
    ),
    Fault(
        "FL413",
        "a base from another repository",
        edited(OVERLAY, ("  - ../../base", f"  - {REMOTE}//base?ref=v1\n  - ../../base")),
        edited(OVERLAY, ("  - ../../base", f"  # {REMOTE}//base?ref=v1\n  - ../../base")),
    ),
    Fault(
        "FL414",
        "a variable in a resource",
        edited(OVERLAY, ("  - ../../base", "  - settings-${ENVIRONMENT}.yaml\n  - ../../base")),
        edited(OVERLAY, ("namespace: payments", "namespace: payments # not ${ENVIRONMENT}")),
    ),
    Fault(
        "FL415",
        "a resource of another app",
        edited(
            OVERLAY, ("  - ../../base", "  - ../../../antaeus/base/service.yaml\n  - ../../base")
        ),
        {
            **edited(OVERLAY, ("  - ../../base", "  - ../../../common\n  - ../../base")),
            "apps/common/kustomization.yaml": b"resources: [settings.yaml]\n",
            "apps/common/settings.yaml": settings(),
        },
    ),
    Fault(
        "FL416",
        "a file that nobody lists",
        {SETTINGS: settings()},
        {
            SETTINGS: settings(),
            **edited(BASE, ("resources:", "# settings.yaml: later\nresources:")),
        },
    ),
    Fault(
        "FL416",
        "an overlay that nobody includes",
        {"apps/payments/envs/demo/kustomization.yaml": b"resources: [../../base]\n"},
        {"apps/payments/envs/demo/notes.yaml": b"later: true\n"},
    ),
    Fault(
        "FL417",
        "a budget that Kubernetes forgot",
        edited(BUDGET, ("policy/v1", "policy/v1beta1")),
        edited(BUDGET, ("policy/v1", '"policy/v1"')),
    ),
    Fault(
        "FL418",
        "a source that Flux forgot",
        {
            LAYER: b"apiVersion: source.toolkit.fluxcd.io/v1beta2\nkind: OCIRepository\nmetadata:\n"
            b"  name: shop\n  namespace: flux-system\nspec:\n  interval: 1h\n"
            b"  url: oci://registry.example.com/charts/shop\n  ref:\n    tag: 1.0.0\n"
        },
        {
            LAYER: b"apiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\nmetadata:\n"
            b"  name: shop\n  namespace: flux-system\nspec:\n  interval: 1h\n"
            b"  url: oci://registry.example.com/charts/shop\n  ref:\n    tag: 1.0.0\n"
        },
    ),
    Fault(
        "FL419",
        "a chart that Flux does not render",
        appended(OVERLAY, CHART),
        appended(OVERLAY, "helmGlobals: {}\n"),
    ),
    Fault(
        "FL420",
        "a role that Terraform has not made yet",
        edited(SERVICE, ("metadata:\n", role("000000000000"))),
        edited(SERVICE, ("metadata:\n", role("210987654321"))),
    ),
    Fault(
        "FL420",
        "a domain to be replaced",
        edited(VARIABLES, ("dev.example.com", "dev.change-me.example")),
        edited(VARIABLES, ("dev.example.com", "dev.exchange-meter.example")),
    ),
    Fault(
        "FL420",
        "a name in angle brackets",
        edited(SERVICE, ("metadata:\n", 'metadata:\n  annotations:\n    zone: "<your-zone>"\n')),
        edited(SERVICE, ("metadata:\n", 'metadata:\n  annotations:\n    zone: "a <b> c"\n')),
    ),
    Fault(
        "FL421",
        "a pipeline with a version of its own",
        {CI: b"env:\n  KUSTOMIZE_VERSION: 5.7.0\n"},
        {CI: b"env:\n  KUSTOMIZE_VERSION: %s\n" % KUSTOMIZE},
    ),
    Fault(
        "FL421",
        "an image of another version",
        {".gitlab-ci.yml": b"render:\n  image: registry.example.com/ci/kustomize:v5.7.0\n"},
        {".gitlab-ci.yml": b"render:\n  image: registry.example.com/ci/kustomize-test:v5.7.0\n"},
    ),
)
