"""Repositories to adopt, written by hand: clusters with Flux, and what they apply."""

from gitops.adopt import AdoptAnswers, Adopted, adopt
from gitops.tree import Tree


def flux(name: str, path: str, *, variables: str = "") -> str:
    """A Flux Kustomization of the fleet's own source; `variables` is a flow mapping."""
    substitute = f"  postBuild: {{substitute: {variables}}}\n" if variables else ""
    return (
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n"
        f"metadata: {{name: {name}, namespace: flux-system}}\n"
        f"spec:\n  path: {path}\n"
        "  sourceRef: {kind: GitRepository, name: flux-system}\n" + substitute
    )


def source(url: str = "", branch: str = "main") -> str:
    """What a cluster pulls."""
    return (
        "apiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\n"
        "metadata: {name: flux-system, namespace: flux-system}\n"
        f"spec: {{url: '{url or 'ssh://git@gitlab.example.com/shop/fleet.git'}',"
        f" ref: {{branch: {branch}}}}}\n"
    )


def cluster(path: str, applies: str, url: str = "", branch: str = "main") -> dict[str, str]:
    """A bootstrapped cluster that applies one directory."""
    sync = f"{source(url, branch)}---\n{flux('flux-system', f'./{path}')}"
    return {
        f"{path}/flux-system/gotk-sync.yaml": sync,
        f"{path}/apps.yaml": flux("apps", f"./{applies}"),
    }


def release(
    name: str, tag: str, *, image: str = "", chart: str = "", namespace: str = "shop"
) -> str:
    """A HelmRelease with one image, and a chart where one is named as `NAME VERSION`."""
    drawn, _, version = chart.partition(" ")
    own = f"  chart: {{spec: {{chart: {drawn}, version: {version}, {FROM}}}}}\n" if chart else ""
    meta = f"name: {name}" + (f", namespace: {namespace}" if namespace else "")
    return (
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\n"
        f"metadata: {{{meta}}}\nspec:\n{own}"
        f"  values: {{image: {{repository: {image or f'ghcr.io/shop/{name}'}, tag: '{tag}'}}}}\n"
    )


FROM = "sourceRef: {kind: HelmRepository, name: charts}"


def two(**more: str) -> dict[str, str]:
    """Staging and production with `web` in each, and further files with `/` as `__`."""
    return {
        **cluster("clusters/staging", "apps/staging"),
        **cluster("clusters/production", "apps/production"),
        "apps/staging/web.yaml": release("web", "v1.1-rc.1"),
        "apps/production/web.yaml": release("web", "v1.0"),
        **{path.replace("__", "/") + ".yaml": text for path, text in more.items()},
    }


def adopting(files: dict[str, str], answers: AdoptAnswers | None = None) -> Adopted:
    """What becomes of these files."""
    return adopt(Tree.of(files), answers or AdoptAnswers())
