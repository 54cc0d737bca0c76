"""Every code that `check` can say, with what it means. `docs/checks/` has a page for each.

A code never changes its meaning and is never used again. Its hundreds are its group.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from gitops.check.finding import Severity

_ERROR, _WARNING, _INFO = Severity.ERROR, Severity.WARNING, Severity.INFO


class Group(StrEnum):
    """What the codes of one hundred are about."""

    READING = "cannot be read or built"
    VERSIONS = "versions"
    POLICIES = "policies"
    GRAPH = "the Flux graph"
    SYNTAX = "kustomize and source files"
    ORIGINS = "sources, charts and the origins of images"
    TENANCY = "tenancy and RBAC"
    SECRETS = "secrets"
    WORKLOADS = "rendered workloads"
    PODS = "rendered pod security, images and network"


_GROUPS = tuple(Group)
_RENDERED = frozenset({Group.WORKLOADS, Group.PODS})


@dataclass(frozen=True, slots=True)
class Code:
    """One thing that `check` knows to say.

    `severity` is the worst that its findings have. `suppressible` is false where a release could
    reach the wrong place, or none, as long as it is found: no comment silences it. `rendered` is
    true where it is found in what kustomize makes of the files, and not in the files.
    """

    code: str
    title: str
    severity: Severity
    suppressible: bool = True
    rendered: bool = False

    @property
    def group(self) -> Group:
        """The group of its hundred."""
        return _GROUPS[int(self.code[2])]

    @property
    def needs_rendering(self) -> bool:
        """Whether it can be found only when the fleet is rendered."""
        return self.rendered or self.group in _RENDERED

    @property
    def page(self) -> str:
        """Its page, from the repository's root."""
        return f"docs/checks/{self.code}.md"


_ROWS = (
    Code("FL001", "an app.yaml is wrong", _ERROR, suppressible=False),
    Code("FL002", "what an environment applies cannot be built", _ERROR, suppressible=False),
    Code("FL003", "a cluster has no files", _ERROR),
    Code("FL004", "a Flux Kustomization applies a directory that is not there", _ERROR),
    Code("FL005", "a Flux Kustomization depends on one that is not there", _ERROR),
    Code("FL006", "Flux applies an operator's stop as a manifest", _ERROR, suppressible=False),
    Code("FL007", "a kustomization names what is not there", _ERROR),
    Code("FL090", "a suppression is not complete", _ERROR, suppressible=False),
    Code("FL091", "a suppression names a code that is not there", _ERROR, suppressible=False),
    Code("FL092", "a suppression of what no comment silences", _ERROR, suppressible=False),
    Code("FL093", "a suppression silences nothing", _WARNING, suppressible=False),
    Code("FL101", "an app has no release in an environment yet", _INFO),
    Code("FL102", "two environments share one version", _ERROR, suppressible=False),
    Code("FL103", "two places disagree about a version", _ERROR, suppressible=False),
    Code("FL104", "Flux fills a version in", _ERROR, suppressible=False),
    Code("FL105", "a version cannot be read or moved", _ERROR, suppressible=False),
    Code("FL106", "prereleases that order wrongly from the tenth on", _WARNING),
    Code("FL107", "an app is nowhere", _WARNING),
    Code("FL108", "an approved tag has no room for its digest", _WARNING),
    Code("FL201", "nothing waits for a soak", _WARNING),
    Code("FL202", "too few people may approve", _WARNING),
    Code("FL203", "an approver has no e-mail", _WARNING),
    Code("FL204", "an editor is told another version's rules", _INFO),
    Code("FL960", "a NetworkPolicy that the API server refuses", _ERROR),
    Code("FL961", "pods that everybody may call", _WARNING),
    Code("FL962", "pods that may call everybody", _WARNING),
    Code("FL963", "a NetworkPolicy that selects no pod", _WARNING),
    Code("FL964", "a NetworkPolicy names a port that no pod has", _WARNING),
    Code("FL965", "a NetworkPolicy lets through what is not there", _WARNING),
    Code("FL966", "pods that may call out and cannot resolve names", _WARNING),
    Code("FL967", "a Service opens a port on every node", _WARNING),
    Code("FL968", "a load balancer whose pods let nobody in", _WARNING),
)

CODES: Mapping[str, Code] = MappingProxyType({row.code: row for row in _ROWS})
"""By code, in their order."""
