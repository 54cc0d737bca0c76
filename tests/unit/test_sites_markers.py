"""`$imagepolicy` markers: the forms that Flux takes, and those that it passes over in silence."""

import time

import pytest

from gitops.sites import Survey, survey
from gitops.tree import Tree

DIGEST = "sha256:" + "a" * 64
MARKER = '# {"$imagepolicy": "shop:a"}'
TAG = '# {"$imagepolicy": "shop:a:tag"}'
PASSED_OVER = "an $imagepolicy marker that Flux does not read in this place or form"


def surveyed(text: str, path: str = "a/config.yaml") -> Survey:
    return survey(Tree.of({path: text}))


def told(text: str) -> list[tuple[str, str, str | None]]:
    return [(site.part.name, site.value, site.policy) for site in surveyed(text).sites]


READ = {
    "whole": (f"x: a/b:v1 {MARKER}", "REFERENCE"),
    "tag": (f"x: v1 {TAG}", "TAG"),
    "digest": (f'x: {DIGEST} # {{"$imagepolicy": "shop:a:digest"}}', "DIGEST"),
    "name": ('x: a/b # {"$imagepolicy": "shop:a:name"}', "NAME"),
    "no space behind #": ('x: v1 #{"$imagepolicy": "shop:a:tag"}', "TAG"),
    "no space in the braces": ('x: v1 # {"$imagepolicy":"shop:a:tag"}', "TAG"),
    "many spaces": ('x: v1 \t#  {  "$imagepolicy"  :  "shop:a:tag"  }  ', "TAG"),
    "double quotes": (f'x: "v1" {TAG}', "TAG"),
    "single quotes": (f"x: 'v1' {TAG}", "TAG"),
    "a list's item": (f"x:\n  - v1 {TAG}", "TAG"),
    "a flow map of several lines": (f"x: {{\n  y: v1, {TAG}\n  z: 1\n}}", "TAG"),
    "the last line of a flow list": (f"x: [\n  v1 {TAG}\n]", "TAG"),
    "CRLF": (f"x: v1 {TAG}\r\ny: z\r\n", "TAG"),
    "behind a byte-order mark and wide characters": (f"\ufeffé: 🚀\nx: v1 {TAG}", "TAG"),
    "behind an anchor and a tag": (f"x: &v !!str v1 {TAG}", "TAG"),
    "a plain scalar of two lines": (f"x: v1\n  v2 {TAG}", "TAG"),
    "in a document behind another": (f"a: b\n---\nx: v1 {TAG}", "TAG"),
}


@pytest.mark.parametrize(("text", "part"), READ.values(), ids=READ.keys())
def test_read(text: str, part: str) -> None:
    [site] = surveyed(text).sites
    assert (site.part.name, site.policy) == (part, "shop:a")
    assert surveyed(text).skipped == ()


IGNORED = {
    "text behind it": f"x: v1 {TAG} # note",
    "text before it": f"x: v1 # note {TAG[2:]}",
    "a second key": 'x: v1 # {"$imagepolicy": "shop:a", "y": 1}',
    "single-quoted JSON": "x: v1 # {'$imagepolicy': 'shop:a'}",
    "the line above": f"{TAG}\nx: v1",
    "the line below": f"x: v1\n{TAG}",
    "behind a flow map": f"x: {{y: v1}} {TAG}",
    "behind a flow list": f"x: [v1] {TAG}",
    "on a mapping's line": f"x: {TAG}\n  y: v1",
    "on an empty value": f"x: {TAG}",
    "on empty text and an alias": f"x: &a v1\ny: *a {TAG}",
    "in a block": f"x: |\n  v1 {TAG}",
    "on a block's line": f"x: | {TAG}\n  v1",
    "an unknown suffix": 'x: v1 # {"$imagepolicy": "shop:a:version"}',
    "a slash": 'x: v1 # {"$imagepolicy": "shop/a"}',
    "no namespace": 'x: v1 # {"$imagepolicy": "a"}',
    "an empty name": 'x: v1 # {"$imagepolicy": "shop:"}',
    "a document that is a list": f"- v1 {TAG}",
    "a file with a directive": f"%YAML 1.2\n---\nx: v1 {TAG}",
    "inside a quoted text": f"x: 'v1 {TAG}'",
}


@pytest.mark.parametrize("text", IGNORED.values(), ids=IGNORED.keys())
def test_ignored_and_told(text: str) -> None:
    found = surveyed(text)
    assert found.sites == ()
    assert [each.reason for each in found.skipped] == [PASSED_OVER]


def test_the_place_of_an_ignored_marker() -> None:
    [skipped] = surveyed(f"a: 1\r\nb: 2\rc: 3\n{TAG}\n").skipped
    assert str(skipped.place) == "a/config.yaml:4"


def test_a_marker_names_the_policy_of_a_site_that_is_one_anyway() -> None:
    text = f"kind: Kustomization\nimages:\n  - name: a/b\n    newTag: v1 {TAG}\n"
    [site] = surveyed(text, "a/kustomization.yaml").sites
    assert (site.part.name, site.artifact, site.policy) == ("TAG", "docker.io/a/b", "shop:a")


def test_a_marker_says_what_a_variable_holds() -> None:
    text = (
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n"
        f"spec: {{postBuild: {{substitute: {{\n  A_VERSION: v1, {TAG}\n}}}}}}\n"
    )
    assert told(text) == [("TAG", "v1", "shop:a")]


def test_tag_and_digest_of_one_policy_in_one_mapping_move_together() -> None:
    text = (
        f'x:\n  t: v1 {TAG}\n  d: {DIGEST} # {{"$imagepolicy": "shop:a:digest"}}\n'
        f"y:\n  t: v1 {TAG}\n"
    )
    groups = [site.group for site in surveyed(text).sites]
    assert groups[0] == groups[1] != groups[2]


def test_a_marker_in_an_item_of_a_list() -> None:
    text = (
        "apiVersion: v1\nkind: List\nitems:\n  - kind: ConfigMap\n    metadata: {name: c}\n"
        f"    data:\n      x: v1 {TAG}\n"
    )
    [site] = surveyed(text).sites
    assert site.object == "ConfigMap c"
    assert site.address == ("items", 0, "data", "x")


def test_a_marker_beside_the_items_of_a_list() -> None:
    text = f"kind: List\nitems: [{{kind: A}}]\nx: v1 {TAG}\n"
    [site] = surveyed(text).sites
    assert (site.object, site.address) == ("List (unnamed)", ("x",))


def test_a_marked_line_of_an_encrypted_file_is_no_site() -> None:
    found = surveyed(f"x: v1 {TAG}\nsops: {{mac: x}}\n")
    assert found.sites == ()
    assert [each.reason for each in found.skipped] == [
        "is encrypted by SOPS, whose MAC an edit would break"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "x: v1 " + "\n# $imagepolicy" * 100_000,
        "kind: List\nitems:\n" + f"  - {{kind: A, x: [v1, {TAG}\n    ]}}\n" * 20_000,
        "x: v1" + " " * 1_000_000 + "#",
        "x: v1 # {" + " " * 1_000_000 + '"$imagepolicy"',
        'x: v1 # {"$imagepolicy": "' + "a" * 1_000_000 + '"}',
        f"kind: A\napiVersion: b.c/d\nspec: {{image: 'a:{'${' * 500_000}'}} {MARKER}",
        f"kind: A\napiVersion: b.c/d\nspec: {{image: 'a:{'<<' * 500_000}'}} {MARKER}",
    ],
    ids=["mentions", "objects", "blanks", "blanks inside", "a long name", "variables", "inputs"],
)
def test_hostile_texts_take_no_time(text: str) -> None:
    started = time.process_time()
    surveyed(text)
    assert time.process_time() - started < 5
