"""What notification-controller calls the commit statuses that it writes on a fleet's commits.

By default a status is called `kind/name/<8 hex digits>`, which names no cluster. So the Providers
that the scaffolder writes say `EXPRESSION`, and a status is called

    flux/ENVIRONMENT/CLUSTER/KIND/NAMESPACE/NAME

with the kind in lower case. Environment and cluster are texts of the Provider, which the cluster
itself fills in: were they read from the event, whoever may annotate a Kustomization could speak for
another cluster.

Source: notification-controller 1.9, `spec.commitStatusExpr` of a Provider, and its event metadata.
"""

import re
from dataclasses import dataclass
from typing import Final

EXPRESSION: Final = (
    "'flux/${environment}/${cluster}/' + event.involvedObject.kind.lowerAscii() + '/'"
    " + event.involvedObject.namespace + '/' + event.involvedObject.name"
)
"""CEL. The variables are those of the cluster's ConfigMap `cluster-vars`, which Flux fills in."""

EVERY_ENVIRONMENT: Final = "all"
"""What a cluster that all environments share is called in the place of one; none is called so."""

LIMIT: Final = 255
"""Characters of a context, at most: GitHub and GitLab refuse a longer one, Gitea does not.

Source: GitHub REST API, "Create a commit status"; GitLab, the model CommitStatus.
"""

_CONTEXT: Final = re.compile(
    r"flux/(?P<environment>[a-z0-9-]+)/(?P<cluster>[a-z0-9-]+)"
    r"/(?P<kind>[a-z]+)/(?P<namespace>[a-z0-9-]+)/(?P<name>[a-z0-9.-]+)",
    re.ASCII,
)


@dataclass(frozen=True, slots=True, order=True)
class Subject:
    """The object that a commit status speaks of; `kind` is in lower case."""

    environment: str
    cluster: str
    kind: str
    namespace: str
    name: str

    @property
    def context(self) -> str:
        """What its status is called. It may be longer than `LIMIT`: then no forge has one."""
        steps = (self.environment, self.cluster, self.kind, self.namespace, self.name)
        return "/".join(("flux", *steps))


def subjects(
    environment: str, cluster: str, kind: str, namespace: str, name: str
) -> frozenset[Subject]:
    """Those that speak of one object: its environment's, or every environment's on its cluster.

    `kind` may be as Kubernetes spells it.
    """
    whose = (environment, EVERY_ENVIRONMENT)
    return frozenset(Subject(each, cluster, kind.lower(), namespace, name) for each in whose)


def read(context: str) -> Subject | None:
    """What a context speaks of; None for one that is not ours."""
    found = _CONTEXT.fullmatch(context) if len(context) <= LIMIT else None
    return Subject(**found.groupdict()) if found else None
