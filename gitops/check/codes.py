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
    Code("FL008", "an object that its schema does not allow", _ERROR, rendered=True),
    Code("FL009", "an operator's stop that stops nothing", _ERROR, suppressible=False),
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
    Code("FL109", "a later environment is ahead of an earlier one", _WARNING),
    Code("FL110", "a version that its environment does not follow", _WARNING),
    Code("FL111", "one tag, two digests", _WARNING),
    Code("FL112", "a marker for another image", _WARNING),
    Code("FL201", "nothing waits for a soak", _WARNING),
    Code("FL202", "too few people may approve", _WARNING),
    Code("FL203", "an approver has no e-mail", _WARNING),
    Code("FL204", "an editor is told another version's rules", _INFO),
    Code("FL205", "no soak to fail", _WARNING),
    Code("FL301", "a source that nobody makes", _WARNING),
    Code("FL302", "a ConfigMap that nobody makes", _WARNING),
    Code("FL303", "a circle of dependencies", _ERROR),
    Code("FL304", "depends on one that does not wait", _WARNING),
    Code("FL305", "health checks that are ignored", _WARNING),
    Code("FL306", "two Flux Kustomizations apply the same files", _WARNING),
    Code("FL307", "two Flux Kustomizations of one name", _WARNING),
    Code("FL308", "a field that Flux needs is missing", _ERROR),
    Code("FL309", "a Flux Kustomization does not prune", _INFO),
    Code("FL310", "a second try comes late", _INFO),
    Code("FL311", "a Flux Kustomization that may hang", _INFO),
    Code("FL312", "an interval under a minute", _WARNING),
    Code("FL313", "a variable without value", _WARNING),
    Code("FL314", "a HelmRelease without one chart", _ERROR),
    Code("FL315", "a chart that fails is left so", _WARNING),
    Code("FL317", "Flux leaves an object alone", _INFO),
    Code("FL318", "a cluster reads another branch", _WARNING),
    Code("FL319", "an object goes elsewhere than it says", _WARNING),
    Code("FL320", "nobody notices when variables change", _INFO),
    Code("FL321", "a source of another namespace, which Flux refuses", _ERROR),
    Code("FL322", "a cluster that no environment names", _WARNING),
    Code("FL323", "a variable that nobody asks for", _INFO),
    Code("FL324", "an app that is ready before it runs", _WARNING),
    Code("FL325", "a chart that is ready before it runs", _WARNING),
    Code("FL326", "a chart that fails for ever", _WARNING),
    Code("FL327", "nobody looks during a soak", _WARNING),
    Code("FL401", "a manifest cannot be read", _ERROR),
    Code("FL402", "a key occurs twice", _ERROR),
    Code("FL403", "a YAML file is not plain UTF-8", _WARNING),
    Code("FL404", "a merge that was not finished", _ERROR),
    Code("FL405", "a leftover of a patch or a merge", _WARNING),
    Code("FL406", "a manifest that is no object", _ERROR),
    Code("FL407", "kustomize knows no such field", _ERROR),
    Code("FL408", "an object twice in one build", _ERROR),
    Code("FL409", "a patch that does not find its one object", _ERROR),
    Code("FL410", "a patch for another API version than its object's", _ERROR),
    Code("FL411", "a patch whose target selects nothing", _WARNING),
    Code("FL412", "a field that kustomize will forget", _WARNING),
    Code("FL413", "a base that is fetched from elsewhere", _WARNING),
    Code("FL414", "a variable in a path of kustomize", _ERROR),
    Code("FL415", "an app leans on another app", _WARNING),
    Code("FL416", "a manifest that nobody applies", _WARNING),
    Code("FL417", "an API version that Kubernetes dropped", _ERROR),
    Code("FL418", "an API version that Flux dropped", _WARNING),
    Code("FL419", "a chart that Flux does not render", _ERROR),
    Code("FL420", "a value that nobody filled in", _ERROR),
    Code("FL421", "a pipeline names another version than .tool-versions", _WARNING),
    Code("FL422", "a patch that cannot be carried out", _ERROR),
    Code("FL501", "a source without encryption", _WARNING),
    Code("FL502", "a repository that is read without TLS", _WARNING),
    Code("FL503", "a HelmRepository of a registry", _INFO),
    Code("FL504", "a version that moves by itself", _WARNING),
    Code("FL505", "nobody asks who signed it", _INFO),
    Code("FL506", "a cloud registry and no way to log in", _WARNING),
    Code("FL507", "a chart that nobody keeps up", _WARNING),
    Code("FL508", "a chart of bitnami", _WARNING),
    Code("FL601", "cluster-admin for one who is not the platform", _WARNING),
    Code("FL602", "rights that nobody counted", _WARNING),
    Code("FL603", "people who may read secrets", _WARNING),
    Code("FL604", "commands in pods", _WARNING),
    Code("FL605", "a ServiceAccount without its namespace", _ERROR),
    Code("FL606", "rights of the default ServiceAccount", _WARNING),
    Code("FL607", "a tenant is applied with Flux's own rights", _WARNING),
    Code("FL608", "a tenant's namespace without limits", _WARNING),
    Code("FL609", "a namespace without pod security", _INFO),
    Code("FL610", "NetworkPolicies that perhaps nobody enforces", _INFO),
    Code("FL701", "a Secret in plain text", _ERROR),
    Code("FL702", "a generator of a Secret in plain text", _ERROR),
    Code("FL703", "a value that looks like a credential", _WARNING),
    Code("FL704", "a token in plain text", _ERROR),
    Code("FL705", "a private key in plain text", _ERROR),
    Code("FL706", "a key of AWS for a pod", _WARNING),
    Code("FL707", "an encrypted file without a creation rule", _WARNING),
    Code("FL708", "an encrypted file that Flux does not decrypt", _ERROR),
    Code("FL709", "an encrypted file with a value in plain text", _ERROR),
    Code("FL710", "an encrypted value without its key", _ERROR),
    Code("FL801", "a container without requests or a memory limit", _WARNING),
    Code("FL802", "a container with ports and no readinessProbe", _WARNING),
    Code("FL803", "a container without livenessProbe", _INFO),
    Code("FL804", "readinessProbe and livenessProbe are the same", _WARNING),
    Code("FL805", "a probe asks a port that is not there", _ERROR),
    Code("FL806", "one pod alone where people depend on it", _WARNING),
    Code("FL807", "all pods are stopped at each release", _WARNING),
    Code("FL808", "a workload does not select its own pods", _ERROR),
    Code("FL809", "a Service selects no pod", _WARNING),
    Code("FL810", "a Service leads to a port that its pods have not", _ERROR),
    Code("FL811", "an Ingress or a route leads to nothing", _ERROR),
    Code("FL812", "an autoscaler scales nothing", _ERROR),
    Code("FL813", "an autoscaler and the manifest both say how many pods", _WARNING),
    Code("FL814", "two autoscalers for one workload", _ERROR),
    Code("FL815", "an autoscaler may leave one pod alone", _WARNING),
    Code("FL816", "a disruption budget for no pod", _WARNING),
    Code("FL817", "a disruption budget that lets no pod go", _WARNING),
    Code("FL818", "pods that may all be in one zone", _WARNING),
    Code("FL819", "a pod that nobody starts again", _WARNING),
    Code("FL820", "a Job without deadline", _WARNING),
    Code("FL821", "a Job that Flux makes again and again", _WARNING),
    Code("FL822", "a CronJob keeps no failed run, or very many", _WARNING),
    Code("FL823", "a monitor scrapes nothing", _WARNING),
    Code("FL824", "pods ask for a ConfigMap or a Secret that nobody makes", _WARNING),
    Code("FL825", "a variable is set twice", _WARNING),
    Code("FL826", "a server for development", _WARNING),
    Code("FL827", "a mount of a volume that the pod has not", _ERROR),
    Code("FL828", "pods mount a claim that nobody makes", _WARNING),
    Code("FL829", "a SealedSecret that cannot be opened where it lies", _ERROR),
    Code("FL830", "traces are sent to a Service that is not there", _WARNING),
    Code("FL831", "an Ingress without a certificate", _WARNING),
    Code("FL901", "a container may run as root", _WARNING),
    Code("FL902", "a container may change its own files", _WARNING),
    Code("FL903", "a container may gain rights", _WARNING),
    Code("FL904", "a container keeps or adds capabilities", _WARNING),
    Code("FL905", "a container without seccomp profile", _WARNING),
    Code("FL906", "a privileged container", _ERROR),
    Code("FL907", "a pod takes part in its node", _WARNING),
    Code("FL908", "a pod mounts files of its node", _WARNING),
    Code("FL909", "a pod mounts the container runtime", _ERROR),
    Code("FL910", "a pod runs as the default ServiceAccount", _WARNING),
    Code("FL911", "a token that has no rights is mounted", _WARNING),
    Code("FL912", "an image without version", _WARNING),
    Code("FL913", "an image without digest at the end of the way", _INFO),
    Code("FL914", "an image of bitnami", _WARNING),
    Code("FL915", "a place for a version would be pulled", _ERROR),
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
