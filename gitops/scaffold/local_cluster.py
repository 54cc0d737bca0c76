"""A cluster on somebody's machine: what the first environment runs, for a quick look or a test.

It is no environment, so nothing is promoted to it; it follows the first one.
"""

from gitops.document import Address
from gitops.scaffold.answers.fleet import Bootstrap, FleetAnswers, Local, Secrets
from gitops.scaffold.answers.names import SHARED
from gitops.scaffold.cluster import Files, layer, shared_path, variables
from gitops.scaffold.template import filled, template, worded

LOCAL = "clusters/local"
"""Where it lies."""

_CREATE = {
    Local.KIND: f"kind create cluster --name local --config {LOCAL}/kind.yaml",
    Local.MINIKUBE: "minikube start --profile local --cni calico",
}
_DELETE = {
    Local.KIND: "`kind delete cluster --name local`",
    Local.MINIKUBE: "`minikube delete --profile local`",
}
_WAITS_FOR: Address = ("spec", "dependsOn")


def smokes(answers: FleetAnswers) -> bool:
    """Whether merge requests are tried on such a cluster: on kind, with the fleet's own Flux.

    What SOPS encrypted for a cluster is nobody else's to read.
    """
    own = answers.bootstrap is Bootstrap.FLUX and answers.secrets is Secrets.NONE
    return answers.local is Local.KIND and own


def local_files(answers: FleetAnswers) -> Files:
    """The files below `clusters/local/`; none where nobody asked for it."""
    if answers.local is None:
        return
    first = answers.environments[0]
    own = f"clusters/{first}/{answers.clusters_of(first)[0]}"
    root = f"clusters/{SHARED}/{answers.clusters_of(SHARED)[0]}" if answers.shared else own
    apps = shared_path(answers, first) if answers.shared else own
    yield f"{LOCAL}/kustomization.yaml", template("local/kustomization.yaml")
    yield f"{LOCAL}/sync.yaml", filled("local/sync.yaml", {("spec", "url"): answers.pull_url})
    yield f"{LOCAL}/cluster-vars.yaml", _variables(answers, first)
    # There is no infrastructure to wait for, so what asks for it is asked by nobody here.
    yield f"{LOCAL}/tenants.yaml", layer(answers, "tenants", root, dropped=(_WAITS_FOR,))
    yield f"{LOCAL}/apps.yaml", layer(answers, "apps", apps)
    words = {
        "ENVIRONMENT": first,
        "CREATE": _CREATE[answers.local],
        "DELETE": _DELETE[answers.local],
        "URL": answers.pull_url,
    }
    yield f"{LOCAL}/README.md", worded("local/README.md", words)
    if answers.local is Local.KIND:
        yield f"{LOCAL}/kind.yaml", template("local/kind.yaml")
    if smokes(answers):
        system = f"{root}/flux-system"
        places = {"TENANTS": f"{root}/tenants", "APPS": f"{apps}/apps", "SYSTEM": system}
        yield f"{LOCAL}/smoke.sh", worded("local/smoke.sh", places)


def _variables(answers: FleetAnswers, first: str) -> bytes:
    """Those of the first environment, and what is its alone where all share a cluster."""
    common = variables(answers, "cluster-vars", SHARED if answers.shared else first, "local")
    if not answers.shared:
        return common
    return common + b"---\n" + variables(answers, f"cluster-vars-{first}", first, "local")
