"""The shapes of the page on updaters (section 2, its numbered list) that end in an edit.

Left out is what an editor has no part in: which object belongs to which (1 to 15 but for the field
that is edited in the end), what is looked up, and what is never a site (19, 22 and 46).
"""

from dataclasses import dataclass

from gitops.nodes import Address

TAG = "1.0.0"
DIGEST = "sha256:" + "ab" * 32
NEXT = "sha256:" + "cd" * 32
COMMIT, LATER = "0a1b" * 10, "9e8f" * 10


@dataclass(frozen=True, slots=True)
class Shape:
    """`number` is the list's; `after` is None where `refused` says how the refusal begins."""

    number: int
    name: str
    before: str
    edits: tuple[tuple[Address, str], ...]
    after: str | None = None
    refused: str | None = None
    document: int = 0


VERSION: Address = ("spec", "chart", "spec", "version")
REF_TAG: Address = ("spec", "ref", "tag")
REF_DIGEST: Address = ("spec", "ref", "digest")
IMAGE_TAG: Address = ("spec", "values", "image", "tag")

RELEASE = """\
apiVersion: helm.toolkit.fluxcd.io/v2beta1
kind: HelmRelease
metadata: {{name: shop, namespace: shop}}
spec:
  chart:
    spec:
      chart: shop
      version: {}
      sourceRef: {{kind: HelmRepository, name: acme}}
  values: {{image: {{tag: 1.0.0}}}}
"""
REPOSITORY = """\
apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmRepository
metadata: {name: acme}
spec: {url: "oci://ghcr.io/acme", type: oci}
"""
VALUES = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
spec:
  values:
{}
"""
OCI = "kind: OCIRepository\nspec:\n  url: oci://ghcr.io/acme/shop\n  ref:\n{}\n"
KUSTOMIZATION = "kind: Kustomization\nspec:\n  images:\n    - name: ghcr.io/acme/shop\n{}\n"


def _in(
    number: int, name: str, text: str, old: str, new: str, *edits: tuple[Address, str]
) -> Shape:
    """A shape whose lines `old` in the frame `text` become `new`."""
    return Shape(number, name, text.format(old), edits, text.format(new))


def _release(number: int, name: str, old: str, new: str, version: str) -> Shape:
    return _in(number, name, RELEASE, old, new, (VERSION, version))


def _oci(number: int, name: str, old: str, new: str, *edits: tuple[Address, str]) -> Shape:
    return _in(number, name, OCI, old, new, *edits)


def _values(number: int, name: str, old: str, new: str, *edits: tuple[Address, str]) -> Shape:
    return _in(number, name, VALUES, old, new, *edits)


def _images(number: int, name: str, old: str, new: str, *edits: tuple[str, str]) -> Shape:
    wanted = [(("spec", "images", 0, key), text) for key, text in edits]
    return _in(number, name, KUSTOMIZATION, old, new, *wanted)


_DIGEST = ("digest", NEXT)
_BOTH = ((REF_TAG, "1.0.1"), (REF_DIGEST, NEXT))

SHAPES: tuple[Shape, ...] = (
    _release(1, "chart of a repository", "1.0.0", "1.0.1", "1.0.1"),
    Shape(
        2, "repository and release in one file",
        f"{REPOSITORY}---\n{RELEASE.format('1.0.0')}",
        ((VERSION, "1.0.1"),),
        f"{REPOSITORY}---\n{RELEASE.format('1.0.1')}",
        document=1,
    ),
    Shape(
        9, "version of a HelmChart",
        "kind: HelmChart\nspec:\n  chart: shop\n  version: 1.0.0 # chart\n",
        ((("spec", "version"), "1.0.1"),),
        "kind: HelmChart\nspec:\n  chart: shop\n  version: 1.0.1 # chart\n",
    ),
    _release(16, "chart range", '">=1.0.0 <2" # range', '">=1.1.0 <2" # range', ">=1.1.0 <2"),
    _release(16, "chart range without quotes", "^1.0.0", '"^1.1.0"', "^1.1.0"),
    _release(17, "version in quotes", "'1.0.0'", "'1.0.1'", "1.0.1"),
    _release(17, "version with a v", "v1.0.0", "v1.0.1", "v1.0.1"),
    _release(18, "version that is a number", "1.0 # c", '"1.1" # c', "1.1"),
    Shape(
        20, "tag of a GitRepository",
        "spec:\n  url: ssh://git@example.com/a.git\n  ref:\n    tag: v1.0.0\n",
        ((REF_TAG, "v1.0.1"),),
        "spec:\n  url: ssh://git@example.com/a.git\n  ref:\n    tag: v1.0.1\n",
    ),
    Shape(
        21, "commit beside a branch",
        f"spec:\n  ref:\n    branch: main\n    commit: {COMMIT}\n",
        ((("spec", "ref", "commit"), LATER),),
        f"spec:\n  ref:\n    branch: main\n    commit: {LATER}\n",
    ),
    _oci(23, "tag behind the url", "    tag: 1.0.0", "    tag: 1.0.1", (REF_TAG, "1.0.1")),
    _oci(23, "tag in quotes", '    tag: "1.0.0"', '    tag: "1.0.1"', (REF_TAG, "1.0.1")),
    Shape(
        23, "tag before the url, four blanks, CRLF",
        "spec:\r\n    ref:\r\n        tag: 1.0.0\r\n    url: oci://ghcr.io/a/b\r\n",
        ((REF_TAG, "1.0.1"),),
        "spec:\r\n    ref:\r\n        tag: 1.0.1\r\n    url: oci://ghcr.io/a/b\r\n",
    ),
    _oci(24, "digest alone", f"    digest: {DIGEST}", f"    digest: {NEXT}", (REF_DIGEST, NEXT)),
    _oci(
        25, "tag and digest",
        f"    tag: 1.0.0\n    digest: {DIGEST}",
        f"    tag: 1.0.1\n    digest: {NEXT}",
        *_BOTH,
    ),
    _oci(
        25, "digest and tag, all in quotes",
        f"    'digest': \"{DIGEST}\"\n    \"tag\": '1.0.0'",
        f"    'digest': \"{NEXT}\"\n    \"tag\": '1.0.1'",
        *_BOTH,
    ),
    Shape(
        26, "a digest where none is",
        OCI.format("    tag: 1.0.0"),
        ((REF_TAG, "1.0.1"), (REF_DIGEST, NEXT)),
        refused="f.yaml:5:5: there is no spec.ref.digest",
    ),
    _oci(
        27, "tag and digest in one scalar",
        f"    tag: 1.0.0@{DIGEST}",
        f"    tag: 1.0.1@{NEXT}",
        (REF_TAG, f"1.0.1@{NEXT}"),
    ),
    Shape(
        28, "tag that is an alias",
        "x-tag: &tag 1.0.0\nspec:\n  ref: {tag: *tag}\n",
        ((REF_TAG, "1.0.1"),),
        refused="f.yaml:3:14: spec.ref.tag is the alias *tag of what is written at line 1",
    ),
    Shape(
        29, "two of one name, the first without its spec",
        "kind: OCIRepository\nmetadata: {name: a}\n---\n{name: a, spec: {ref: {tag: 1.0.0}}}\n",
        ((REF_TAG, "1.0.1"),),
        "kind: OCIRepository\nmetadata: {name: a}\n---\n{name: a, spec: {ref: {tag: 1.0.1}}}\n",
        document=1,
    ),
    Shape(
        30, "empty documents",
        "---\n---\n# nothing\n---\nspec: {ref: {tag: 1.0.0}}\n---\n",
        ((REF_TAG, "1.0.1"),),
        "---\n---\n# nothing\n---\nspec: {ref: {tag: 1.0.1}}\n---\n",
        document=2,
    ),
    _images(
        31, "newName and newTag",
        "      newName: ghcr.io/acme/shop2\n      newTag: 1.0.0",
        "      newName: ghcr.io/acme/shop2\n      newTag: 1.0.1",
        ("newTag", "1.0.1"),
    ),
    _images(31, "newTag alone", "      newTag: '1.0'", "      newTag: '1.1'", ("newTag", "1.1")),
    _images(
        31, "newName alone",
        "      newName: localhost:5000/acme/shop",
        "      newName: localhost:5000/acme/shop2",
        ("newName", "localhost:5000/acme/shop2"),
    ),
    _images(31, "digest alone", f"      digest: {DIGEST}", f"      digest: {NEXT}", _DIGEST),
    _images(
        33, "newTag with a digest",
        f"      newTag: v1@{DIGEST} # pinned",
        f"      newTag: v2@{NEXT} # pinned",
        ("newTag", f"v2@{NEXT}"),
    ),
    Shape(
        34, "header of generated components",
        "# Flux Version: v2.6.0\n# Components: source-controller\nimage: ghcr.io/f/sc:v1.6.0\n",
        ((("image",), "ghcr.io/f/sc:v1.6.1"),),
        "# Flux Version: v2.6.0\n# Components: source-controller\nimage: ghcr.io/f/sc:v1.6.1\n",
    ),
    _values(
        35, "image with a registry",
        "    image:\n      registry: ghcr.io\n      repository: acme/shop\n      tag: 1.0.0",
        "    image:\n      registry: ghcr.io\n      repository: acme/shop\n      tag: 1.0.1",
        (IMAGE_TAG, "1.0.1"),
    ),
    _values(
        35, "version in place of tag",
        "    image: {repository: r, version: 1.0.0}",
        "    image: {repository: r, version: 1.0.1}",
        (("spec", "values", "image", "version"), "1.0.1"),
    ),
    _values(
        35, "image in a list of sidecars",
        "    sidecars:\n    - image: r/a:1.0.0\n    - image: r/b:1.0.0",
        "    sidecars:\n    - image: r/a:1.0.0\n    - image: r/b:1.0.1",
        (("spec", "values", "sidecars", 1, "image"), "r/b:1.0.1"),
    ),
    _values(36, "empty tag", "    image: {tag: ''}", "    image: {tag: 'v2'}", (IMAGE_TAG, "v2")),
    _values(
        37, "tag with a digest",
        f"    image:\n      tag: 1.0.0@{DIGEST}",
        f"    image:\n      tag: 1.0.1@{NEXT}",
        (IMAGE_TAG, f"1.0.1@{NEXT}"),
    ),
    _values(
        38, "tag and digest side by side",
        f"    image: {{tag: 1.0.0, digest: {DIGEST}}}",
        f"    image: {{tag: 1.0.1, digest: {NEXT}}}",
        (IMAGE_TAG, "1.0.1"),
        ((*IMAGE_TAG[:-1], "digest"), NEXT),
    ),
    _values(
        39, "an unrelated scalar with the same text",
        "    schema: 1.0.0\n    image: {tag: 1.0.0}\n    other: {image: {tag: 1.0.0}}",
        "    schema: 1.0.0\n    image: {tag: 1.0.1}\n    other: {image: {tag: 1.0.1}}",
        (IMAGE_TAG, "1.0.1"),
        (("spec", "values", "other", "image", "tag"), "1.0.1"),
    ),
    Shape(
        40, "image mapping with an anchor, used twice",
        "spec:\n  values:\n    image: &image {tag: 1.0.0}\n    job: {image: *image}\n",
        ((IMAGE_TAG, "1.0.1"),),
        refused="f.yaml:3:25: spec.values.image.tag is shared: the alias at line 4",
    ),
    _values(
        41, "image in flow style",
        "    image: {repository: r, tag: 1.0.0}",
        "    image: {repository: r, tag: 1.0.1}",
        (IMAGE_TAG, "1.0.1"),
    ),
    _values(
        42, "tag beside its policy marker",
        '    image:\n      tag: 1.0.0 # {"$imagepolicy": "flux-system:shop:tag"}',
        '    image:\n      tag: 1.0.1 # {"$imagepolicy": "flux-system:shop:tag"}',
        (IMAGE_TAG, "1.0.1"),
    ),
    _values(
        43, "tag that is a number",
        "    image:\n      tag: 1.10",
        '    image:\n      tag: "1.20"',
        (IMAGE_TAG, "1.20"),
    ),
    Shape(
        44, "a document among others",
        f"{RELEASE.format('1.0.0')}---\nkind: ConfigMap\ndata: {{v: 1.0.0}}\n---\n{REPOSITORY}",
        ((VERSION, "1.0.1"),),
        f"{RELEASE.format('1.0.1')}---\nkind: ConfigMap\ndata: {{v: 1.0.0}}\n---\n{REPOSITORY}",
    ),
    Shape(45, "no mapping at all", "null\n", ((REF_TAG, "1"),), refused="f.yaml:1:1: there is no"),
    Shape(45, "not YAML", "spec: {ref: {tag: 1}\n", ((REF_TAG, "2"),), refused="f.yaml:2:1: not"),
    Shape(
        47, "inside a List",
        "kind: List\nitems:\n  - kind: OCIRepository\n    spec: {ref: {tag: 1.0.0}}\n",
        ((("items", 0, *REF_TAG), "1.0.1"),),
        "kind: List\nitems:\n  - kind: OCIRepository\n    spec: {ref: {tag: 1.0.1}}\n",
    ),
    Shape(
        48, "images of a post-renderer",
        "spec:\n  postRenderers:\n    - kustomize:\n        images: [{name: r, newTag: 1.0.0}]\n",
        ((("spec", "postRenderers", 0, "kustomize", "images", 0, "newTag"), "1.0.1"),),
        "spec:\n  postRenderers:\n    - kustomize:\n        images: [{name: r, newTag: 1.0.1}]\n",
    ),
    Shape(
        48, "a variable to substitute",
        'spec:\n  postBuild:\n    substitute:\n      tag: "1.0"\n',
        ((("spec", "postBuild", "substitute", "tag"), "1.1"),),
        'spec:\n  postBuild:\n    substitute:\n      tag: "1.1"\n',
    ),
)  # fmt: skip
