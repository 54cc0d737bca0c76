"""Faults of the Flux graph: FL3xx."""

from tests.faults.planting import FLEET, Fault, Files, appended, edited

CLUSTER = "clusters/dev/dev-1"
FLUX = f"{CLUSTER}/apps/payments.yaml"
OTHER = f"{CLUSTER}/apps/antaeus.yaml"
NEW = f"{CLUSTER}/apps/more.yaml"
INFRASTRUCTURE = f"{CLUSTER}/infrastructure.yaml"
TENANTS = f"{CLUSTER}/tenants.yaml"
SYNC = f"{CLUSTER}/flux-system/gotk-sync.yaml"
BOOTSTRAP = f"{CLUSTER}/flux-system/kustomization.yaml"
VARIABLES = f"{CLUSTER}/cluster-vars.yaml"
SERVICE = "apps/payments/base/service.yaml"
MORE = "more/settings.yaml"

SETTINGS = b"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: more\n"
HEALTH = """
  healthChecks:
    - apiVersion: apps/v1
      kind: Deployment
      name: payments
      namespace: payments
"""
LOCKED = """patches:
  - target:
      kind: Deployment
      name: kustomize-controller
    patch: |
      - op: add
        path: /spec/template/spec/containers/0/args/-
        value: --no-cross-namespace-refs=true
"""


def source(interval: str = "1h", name: str = "redis") -> str:
    """An OCIRepository in the namespace payments."""
    return f"""---
apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata:
  name: {name}
  namespace: payments
spec:
  {f"interval: {interval}" if interval else "# no interval"}
  url: oci://registry.example.com/charts/redis
  ref:
    tag: 1.2.3
"""


def release(more: str = "", retried: str = "upgrade") -> str:
    """A HelmRelease of that source."""
    return f"""---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: redis
  namespace: payments
spec:
  interval: 1h
  chartRef:
    kind: OCIRepository
    name: redis
  install:
    strategy: {{name: RetryOnFailure}}
  {retried}:
    strategy: {{name: RetryOnFailure}}
{more}"""


def own(*left_out: str) -> dict[str, bytes]:
    """The app's Kustomization as one that says everything itself, but for this."""
    said = ("  retryInterval: 2m\n", "  timeout: 5m\n", "  wait: true\n")
    kept = "".join(line for line in said if line.split(":")[0].strip() not in left_out)
    labels = "  labels:\n    fairlead.dev/defaults: own\n"
    return edited(FLUX, ("spec:\n", f"{labels}spec:\n{kept}"))


def copied(*pairs: tuple[str, str], path: str = NEW) -> Files:
    """A second Kustomization, made of the app's."""
    return {path: edited(FLUX, *pairs)[FLUX]}


def given(text: str) -> Files:
    """More objects for the cluster."""
    return {NEW: text.encode()}


def beside(directory: str, *, sync: bool = True) -> dict[str, bytes]:
    """The cluster once more in another directory, with what applies it or without."""
    return {
        path.replace(CLUSTER, directory): file.data.replace(CLUSTER.encode(), directory.encode())
        for path, file in FLEET.items()
        if path.startswith(f"{CLUSTER}/") and (sync or "flux-system" not in path)
    }


def patching(target: str, patch: str) -> dict[str, bytes]:
    """A patch that the app's Flux Kustomization has itself."""
    said = f"      target: {target}\n" if target else ""
    return edited(FLUX, ("spec:\n", f"spec:\n  patches:\n    - patch: |\n        {patch}\n{said}"))


REPLACED = "- {op: replace, path: /spec/replicas, value: 2}"
TAKEN = b"apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n"
COMPONENT = {f"{CLUSTER}/infrastructure/redis.yaml": (release() + source()).encode()}
ELSEWHERE = edited(
    FLUX,
    ("namespace: flux-system", "namespace: payments"),
    ("    name: flux-system\n", "    name: flux-system\n    namespace: flux-system\n"),
)

FAULTS = (
    Fault(
        "FL301",
        "a source with a slip",
        given(release() + source(name="reddis")),
        given(release() + source()),
    ),
    Fault(
        "FL302",
        "variables with a slip",
        edited(FLUX, ("name: cluster-vars", "name: cluster-var")),
        edited(FLUX, ("name: cluster-vars", "name: cluster-var\n        optional: true")),
    ),
    Fault(
        "FL302",
        "values with a slip",
        given(release("  valuesFrom: [{kind: ConfigMap, name: redis}]\n") + source()),
        given(release("  valuesFrom: [{kind: Secret, name: redis}]\n") + source()),
    ),
    Fault(
        "FL303",
        "two layers that wait for each other",
        edited(INFRASTRUCTURE, ("spec:\n", "spec:\n  dependsOn:\n    - name: tenants\n")),
        edited(INFRASTRUCTURE, ("spec:\n", "spec:\n  dependsOn: []\n")),
    ),
    Fault(
        "FL303",
        "a release that waits for itself",
        given(release("  dependsOn: [{name: redis}]\n") + source()),
        given(release("  dependsOn: [{name: redis, namespace: web}]\n") + source()),
    ),
    Fault(
        "FL304",
        "a layer of charts that does not wait",
        {**COMPONENT, **edited(INFRASTRUCTURE, ("\n  wait: true\n", "\n"))},
        COMPONENT,
    ),
    Fault(
        "FL305",
        "a list beside wait",
        edited(TENANTS, ("\n  wait: true\n", f"\n  wait: true{HEALTH}")),
        edited(TENANTS, ("\n  wait: true\n", HEALTH)),
    ),
    Fault(
        "FL306",
        "one directory twice",
        copied(("name: payments", "name: payments-too")),
        copied(
            ("name: payments", "name: payments-too"), ("spec:\n", "spec:\n  nameSuffix: -too\n")
        ),
    ),
    Fault(
        "FL306",
        "a directory in another",
        copied(
            ("name: payments", "name: every-app"),
            ("./apps/payments/envs/dev", f"./{CLUSTER}/apps"),
            path=f"{CLUSTER}/infrastructure/more.yaml",
        ),
        {
            **copied(
                ("name: payments", "name: every-app"),
                ("./apps/payments/envs/dev", "./more"),
                path=f"{CLUSTER}/infrastructure/more.yaml",
            ),
            MORE: SETTINGS,
        },
    ),
    Fault(
        "FL307",
        "two files, one name",
        {**copied(("./apps/payments/envs/dev", "./more")), MORE: SETTINGS},
        {**copied(("./apps/payments/envs/dev", "./more"), ("payments", "more")), MORE: SETTINGS},
    ),
    Fault("FL308", "a source without interval", given(source("")), given(source())),
    Fault(
        "FL309",
        "what stays for ever",
        edited(FLUX, ("prune: true", "prune: false")),
        edited(FLUX, ("prune: true", "prune: true # prune: false")),
    ),
    Fault("FL310", "no second try", own("retryInterval"), own()),
    Fault("FL311", "no end of waiting", own("timeout"), own()),
    Fault(
        "FL312",
        "twice a minute",
        edited(FLUX, ("interval: 1h", "interval: 30s")),
        edited(FLUX, ("interval: 1h", "interval: 1m30s")),
    ),
    Fault(
        "FL313",
        "a variable that no cluster has",
        edited(SERVICE, ("metadata:\n", "metadata:\n  annotations:\n    host: p.${zone}\n")),
        edited(SERVICE, ("metadata:\n", "metadata:\n  annotations:\n    host: p.${domain}\n")),
    ),
    Fault(
        "FL313",
        "a script",
        edited(SERVICE, ("metadata:\n", "metadata:\n  annotations:\n    run: echo ${HOME}\n")),
        edited(
            SERVICE, ("metadata:\n", "metadata:\n  annotations:\n    run: echo $${HOME} $HOME\n")
        ),
    ),
    Fault(
        "FL314",
        "two charts",
        given(release("  chart: {spec: {chart: redis}}\n") + source()),
        given(release("  # chart: redis\n") + source()),
    ),
    Fault(
        "FL315",
        "an upgrade that is tried once",
        given(release(retried="uninstall") + source()),
        given(release() + source()),
    ),
    Fault(
        "FL317",
        "an app that sleeps",
        edited(FLUX, ("suspend: false", "suspend: true")),
        edited(FLUX, ("suspend: false", "# suspend: true")),
    ),
    Fault(
        "FL318",
        "a branch for an environment",
        edited(SYNC, ("branch: main", "branch: dev")),
        edited(SYNC, ("branch: main", "name: refs/heads/main")),
    ),
    Fault(
        "FL319",
        "a namespace that does not count",
        {
            **edited(FLUX, ("spec:\n", "spec:\n  targetNamespace: payments\n")),
            **edited(SERVICE, ("metadata:\n", "metadata:\n  namespace: web\n")),
        },
        {
            **edited(FLUX, ("spec:\n", "spec:\n  targetNamespace: payments\n")),
            **edited(SERVICE, ("metadata:\n", "metadata:\n  namespace: payments\n")),
        },
    ),
    Fault(
        "FL320",
        "variables that nobody watches",
        edited(VARIABLES, ("reconcile.fluxcd.io/watch: Enabled", "example.com/watch: Enabled")),
        edited(VARIABLES, ("watch: Enabled", 'watch: "Enabled"')),
    ),
    Fault(
        "FL321",
        "a source behind a locked border",
        {**ELSEWHERE, **appended(BOOTSTRAP, LOCKED)},
        ELSEWHERE,
    ),
    Fault(
        "FL322",
        "a cluster that was left behind",
        beside("clusters/dev/old"),
        beside("clusters/dev/_template"),
    ),
    Fault(
        "FL322",
        "an environment that fleet.yaml has lost",
        beside("clusters/test/test-1", sync=False),
        {
            **beside("clusters/test/test-1", sync=False),
            "clusters/test/kustomization.yaml": TAKEN + b"  - test-1/more.yaml\n",
            "clusters/test/test-1/more.yaml": SETTINGS,
            **appended(f"{CLUSTER}/kustomization.yaml", "  - ../../test\n"),
        },
    ),
    Fault(
        "FL322",
        "a cluster for laptops",
        beside("clusters/local"),
        {
            **beside("clusters/local"),
            "clusters/local/kustomization.yaml": b"# fairlead: ignore-file FL322 for laptops\n"
            + beside("clusters/local")["clusters/local/kustomization.yaml"],
        },
    ),
    Fault(
        "FL323",
        "a variable that remained",
        appended(VARIABLES, "  zone: eu-1\n"),
        {
            **appended(VARIABLES, "  zone: eu-1\n"),
            **edited(SERVICE, ("metadata:\n", "metadata:\n  annotations:\n    z: ${zone:=eu-2}\n")),
        },
    ),
    Fault(
        "FL323",
        "a variable that is no variable",
        {
            **appended(VARIABLES, "  zone: eu-1\n"),
            **edited(SERVICE, ("metadata:\n", "metadata:\n  annotations:\n    z: $${zone}\n")),
        },
        # Asked for in stage alone: the files of the environments may stay alike.
        {
            **appended(VARIABLES, "  zone: eu-1\n"),
            **appended(VARIABLES.replace("dev", "stage"), "  zone: eu-2\n"),
            "clusters/stage/stage-1/apps/zone.yaml": (
                b"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: zone\n"
                b"  namespace: flux-system\ndata:\n  zone: ${zone}\n"
            ),
        },
    ),
    Fault(
        "FL409",
        "Flux patches what is not there",
        patching("", "{apiVersion: apps/v1, kind: Deployment, metadata: {name: payment}}"),
        patching("", "{apiVersion: apps/v1, kind: Deployment, metadata: {name: payments}}"),
    ),
    Fault(
        "FL410",
        "Flux patches another API version",
        patching("", "{apiVersion: apps/v2, kind: Deployment, metadata: {name: payments}}"),
        patching("{name: payments}", "{apiVersion: a/v2, kind: Deployment, metadata: {name: x}}"),
    ),
    Fault(
        "FL411",
        "a target of Flux with a slip",
        patching("{kind: Deployment, name: payment}", REPLACED),
        patching("{kind: Deployment, name: payment.}", REPLACED),
    ),
    Fault(
        "FL411",
        "an object of a layer that is not there",
        edited(TENANTS, ("labelSelector: fairlead.dev/defaults!=own", "name: tenant-shop")),
        edited(TENANTS, ("labelSelector: fairlead.dev/defaults!=own", "version: v1")),
    ),
    Fault(
        "FL422",
        "an operation that nobody knows",
        patching("{kind: Deployment}", REPLACED.replace("replace", "set")),
        patching("{kind: Deployment}", REPLACED),
    ),
    Fault(
        "FL422",
        "a copy of nothing",
        patching("{kind: Deployment}", "- {op: copy, path: /metadata/labels/a}"),
        patching(
            "{kind: Deployment}", "- {op: copy, from: /metadata/name, path: /metadata/labels/a}"
        ),
    ),
    Fault(
        "FL422",
        "a path without its slash",
        patching("{kind: Deployment}", REPLACED.replace("/spec", "spec")),
        patching("{kind: Deployment}", REPLACED),
    ),
    Fault(
        "FL422",
        "a text that is no YAML",
        patching("{kind: Deployment}", "[{op: replace"),
        patching("{kind: Deployment}", "# [{op: replace"),
    ),
    Fault(
        "FL422",
        "an object without a name",
        patching("{kind: Deployment}", "{kind: Deployment, spec: {replicas: 2}}"),
        patching("{kind: Deployment}", "{kind: Deployment, metadata: {name: a}}"),
    ),
    Fault(
        "FL422",
        "a list in brackets that is no JSON",
        patching("{kind: Deployment}", "[{op: remove, path: /spec/replicas}]"),
        patching("{kind: Deployment}", '[{"op": "remove", "path": "/spec/replicas"}]'),
    ),
)
