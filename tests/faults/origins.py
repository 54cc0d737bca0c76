"""Faults of sources and charts, and of who may do what: FL5xx and FL6xx."""

from tests.faults.planting import Fault, Files, edited

DEV = "clusters/dev/dev-1/apps"
PROD = "clusters/prod/prod-1/apps"
REDIS = "oci://registry.example.com/charts/redis"
ECR = "oci://123456789012.dkr.ecr.eu-central-1.amazonaws.com/charts/redis"
CHARTS = "https://charts.example.com"
VARIABLES = "clusters/prod/prod-1/cluster-vars.yaml"
SIGNED = "  verify:\n    provider: cosign\n"
SECURED = "  labels:\n    pod-security.kubernetes.io/enforce: restricted\n"


def _source(
    cluster: str, url: str = REDIS, version: str = "tag: 1.2.3", more: str = SIGNED
) -> Files:
    text = f"""apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata:
  name: redis
  namespace: payments
spec:
  interval: 1h
  url: {url}
  ref: {{{version}}}
{more}"""
    return {f"{cluster}/redis.yaml": text.encode()}


def _repository(url: str, chart: str = "redis", version: str = "1.2.3", more: str = "") -> Files:
    text = f"""apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmRepository
metadata:
  name: charts
  namespace: payments
spec:
  interval: 1h
  url: {url}
{more}---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: {chart}
  namespace: payments
spec:
  interval: 1h
  chart:
    spec:
      chart: {chart}
      version: "{version}"
      sourceRef:
        kind: HelmRepository
        name: charts
  install:
    strategy: {{name: RetryOnFailure}}
  upgrade:
    strategy: {{name: RetryOnFailure}}
"""
    return {f"{PROD}/charts.yaml": text.encode()}


def _git(ref: str) -> Files:
    text = f"""apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata:
  name: charts
  namespace: payments
spec:
  interval: 1h
  url: https://git.example.com/charts.git
  ref: {{{ref}}}
"""
    return {f"{PROD}/charts.yaml": text.encode()}


def _role(rule: str, kind: str = "Role") -> str:
    return f"""apiVersion: rbac.authorization.k8s.io/v1
kind: {kind}
metadata:
  name: support
  namespace: payments
rules:
  - {{{rule}}}
"""


def _binding(role: str, subject: str, kind: str = "RoleBinding") -> str:
    return f"""---
apiVersion: rbac.authorization.k8s.io/v1
kind: {kind}
metadata:
  name: support
  namespace: payments
roleRef: {{apiGroup: rbac.authorization.k8s.io, {role}}}
subjects:
  - {{{subject}}}
"""


GROUP = "kind: Group, name: support, apiGroup: rbac.authorization.k8s.io"
SECRETS = 'apiGroups: [""], resources: [secrets], verbs: [get]'


def _rights(text: str, directory: str = DEV) -> Files:
    return {f"{directory}/rights.yaml": text.encode()}


def _namespace(more: str, directory: str = "clusters/dev/dev-1/tenants") -> Files:
    text = f"apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n{more}"
    return {f"{directory}/shop.yaml": text.encode()}


def _limits(*kinds: str) -> str:
    specs = {
        "ResourceQuota": ("v1", "hard: {pods: 20}"),
        "LimitRange": ("v1", "limits: [{type: Container, default: {memory: 1Gi}}]"),
        "NetworkPolicy": ("networking.k8s.io/v1", "podSelector: {}"),
    }
    return "".join(
        f"---\napiVersion: {specs[kind][0]}\nkind: {kind}\n"
        f"metadata: {{name: shop, namespace: shop}}\nspec: {{{specs[kind][1]}}}\n"
        for kind in kinds
    )


def _tenants(*with_account: str) -> Files:
    """Both apps' Kustomizations in a namespace of their own, some with an account."""
    files: dict[str, bytes] = {}
    for app in ("payments", "antaeus"):
        account = "spec:\n  serviceAccountName: deployer\n" if app in with_account else "spec:\n"
        files |= edited(
            f"{DEV}/{app}.yaml",
            ("namespace: flux-system", f"namespace: {app}"),
            ("    name: flux-system\n", "    name: flux-system\n    namespace: flux-system\n"),
            ("spec:\n", account),
        )
    return files


FAULTS = (
    Fault(
        "FL501",
        "a registry over HTTP",
        _source(DEV, more="  insecure: true\n"),
        _source(DEV, "oci://registry.registry.svc/redis", more="  insecure: true\n"),
    ),
    Fault(
        "FL502",
        "charts over HTTP",
        _repository("http://charts.example.com"),
        _repository("http://charts.charts.svc.cluster.local"),
    ),
    Fault(
        "FL503",
        "a HelmRepository of a registry",
        _repository("oci://registry.example.com/charts", more="  type: oci\n"),
        _repository("https://charts.example.com", more="  type: default\n"),
    ),
    Fault(
        "FL504",
        "a range",
        _source(PROD, version="semver: 1.x"),
        _source(DEV, version="semver: 1.x"),
    ),
    Fault("FL504", "the tag latest", _source(PROD, version="tag: latest"), _source(PROD)),
    Fault(
        "FL504",
        "any chart",
        _repository("https://charts.example.com", version="*"),
        _repository("https://charts.example.com", version="=1.2.3"),
    ),
    Fault("FL504", "somebody's branch", _git("branch: main"), _git("tag: v1.2.3")),
    Fault("FL505", "nobody's signature", _source(PROD, more=""), _source(DEV, more="")),
    Fault(
        "FL506",
        "a registry that knows nobody",
        _source(DEV, ECR),
        _source(DEV, ECR, more="  provider: aws\n"),
    ),
    Fault(
        "FL507",
        "a retired chart",
        _repository("https://kubernetes.github.io/ingress-nginx", "ingress-nginx"),
        _repository("https://helm.nginx.com/stable", "ingress-nginx"),
    ),
    Fault(
        "FL508",
        "a chart of bitnami",
        _source(DEV, "oci://registry-1.docker.io/bitnamicharts/redis"),
        _source(DEV, "oci://registry-1.docker.io/cloudpirates/redis"),
    ),
    Fault(
        "FL601",
        "a team that may do everything",
        _rights(_binding("kind: ClusterRole, name: cluster-admin", GROUP, "ClusterRoleBinding")),
        _rights(_binding("kind: ClusterRole, name: cluster-admin", GROUP)),
    ),
    Fault(
        "FL601",
        "a person that may do everything",
        _rights(
            _binding(
                "kind: ClusterRole, name: cluster-admin",
                "kind: User, name: ana, apiGroup: rbac.authorization.k8s.io",
                "ClusterRoleBinding",
            )
        ),
        _rights(
            _binding("kind: ClusterRole, name: cluster-admin", GROUP, "ClusterRoleBinding"),
            "clusters/dev/dev-1/infrastructure",
        ),
    ),
    Fault(
        "FL602",
        "all verbs",
        _rights(_role('apiGroups: [""], resources: [services], verbs: ["*"]')),
        _rights(_role('apiGroups: [example.com], resources: ["*"], verbs: ["*"]')),
    ),
    Fault(
        "FL603",
        "a group that reads secrets",
        _rights(_role(SECRETS) + _binding("kind: Role, name: support", GROUP)),
        _rights(
            _role(SECRETS)
            + _binding(
                "kind: Role, name: support",
                "kind: ServiceAccount, name: support, namespace: payments",
            )
        ),
    ),
    Fault(
        "FL604",
        "a shell in every pod",
        _rights(_role('apiGroups: [""], resources: [pods/exec], verbs: [create]')),
        _rights(_role('apiGroups: [""], resources: [pods/log], verbs: [get]')),
    ),
    Fault(
        "FL605",
        "an account of nowhere",
        _rights(_binding("kind: ClusterRole, name: view", "kind: ServiceAccount, name: support")),
        _rights(_binding("kind: ClusterRole, name: view", "kind: ServiceAccount, name: payments")),
    ),
    Fault(
        "FL606",
        "everybody's account",
        _rights(
            _binding(
                "kind: ClusterRole, name: view",
                "kind: ServiceAccount, name: default, namespace: payments",
            )
        ),
        _rights(
            _binding(
                "kind: ClusterRole, name: view",
                "kind: ServiceAccount, name: defaults, namespace: payments",
            )
        ),
    ),
    Fault("FL607", "one without an account", _tenants("antaeus"), _tenants("antaeus", "payments")),
    Fault(
        "FL608",
        "a tenant without a quota",
        _namespace(SECURED + _limits("LimitRange", "NetworkPolicy")),
        _namespace(SECURED + _limits("ResourceQuota", "LimitRange", "NetworkPolicy")),
    ),
    Fault("FL609", "any pod at all", _namespace("", DEV), _namespace(SECURED, DEV)),
    Fault(
        "FL610",
        "a cluster that says nothing of its network",
        edited(VARIABLES, ("capabilities: cni-netpol", "capabilities: storage")),
        edited(VARIABLES, ("capabilities: cni-netpol", 'capabilities: "storage,cni-netpol"')),
    ),
    Fault(
        "FL610",
        "a plugin that is another chart",
        {
            **edited(VARIABLES, ("capabilities: cni-netpol", "capabilities: storage")),
            **_repository(CHARTS, "celium"),
        },
        {
            **edited(VARIABLES, ("capabilities: cni-netpol", "capabilities: storage")),
            **_repository(CHARTS, "cilium"),
        },
    ),
)
