"""Faults of settings that make health mean nothing: FL324 to FL327."""

from tests.faults.flux import CLUSTER, FLUX, HEALTH, SYNC, given, own, release, source
from tests.faults.planting import Fault, Files, appended, edited

OWN = "  labels:\n    fairlead.dev/defaults: own\n"
INSTALL = "  install:\n    strategy: {name: RetryOnFailure}\n"
STAGE = "clusters/stage/stage-1"
STATUSES = f"{STAGE}/infrastructure/statuses.yaml"


def installed(text: str) -> Files:
    """The release with another install."""
    whole = release() + source()
    assert INSTALL in whole
    return given(whole.replace(INSTALL, f"  install: {text}\n"))


def provider(expression: str, more: str = "") -> dict[str, bytes]:
    """A Provider on the cluster of stage, which has a soak."""
    return {
        STATUSES: f"""apiVersion: notification.toolkit.fluxcd.io/v1beta3
kind: Provider
metadata:
  name: statuses
  namespace: flux-system
spec:
  type: gitea
  address: https://git.example.com/acme/fleet.git
  commitStatusExpr: {expression}
  secretRef:
    name: statuses
{more}""".encode()
    }


def often(interval: str) -> dict[str, bytes]:
    """How often Flux looks at each app of stage."""
    found: dict[str, bytes] = {}
    for name in ("payments", "antaeus"):
        path = f"{STAGE}/apps/{name}.yaml"
        found |= edited(path, ("interval: 1h", f"interval: {interval}"))
    return found


OURS = "\"'flux/${environment}/${cluster}/' + event.involvedObject.name\""
READER = """---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: fairlead
  namespace: fairlead
automountServiceAccountToken: false
"""

SYNCED: Files = {
    FLUX: None,
    **appended(f"{CLUSTER}/kustomization.yaml", "  - ../../../apps/payments/envs/dev\n"),
}
"""The app of dev as a part of its cluster's own directory."""

FAULTS = (
    Fault(
        "FL324",
        "an app that nobody waits for",
        own("wait"),
        edited(
            FLUX,
            (
                "spec:\n",
                f"{OWN}spec:\n  retryInterval: 2m\n  timeout: 5m{HEALTH}",
            ),
        ),
    ),
    Fault(
        "FL324",
        "an app that a cluster's own sync brings",
        SYNCED,
        {
            **SYNCED,
            **edited(
                SYNC,
                ("  interval: 10m0s\n", "  interval: 10m0s\n  timeout: 5m\n  wait: true\n"),
            ),
        },
    ),
    Fault(
        "FL325",
        "an install that waits for nothing",
        installed("{disableWait: true, strategy: {name: RetryOnFailure}}"),
        installed("{disableWaitForJobs: true, strategy: {name: RetryOnFailure}}"),
    ),
    Fault(
        "FL326",
        "no end of trying",
        installed("{remediation: {retries: -1}}"),
        installed("{remediation: {retries: 1}}"),
    ),
    Fault(
        "FL327",
        "a soak between two looks",
        provider(OURS),
        {**provider(OURS), **often("30m")},
    ),
    Fault(
        "FL327",
        "a soak that is just too short",
        {**provider(OURS), **often("31m")},
        {**provider(OURS, READER), **often("31m")},
    ),
    Fault(
        "FL327",
        "a soak that somebody else's statuses tell of",
        {**provider(OURS), **often("2h")},
        {**provider("event.involvedObject.name"), **often("2h")},
    ),
)
