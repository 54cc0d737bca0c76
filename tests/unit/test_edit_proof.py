"""The proof that ends each edit: whatever a splice got wrong, no wrong file leaves the room."""

import pytest

from gitops.document import documents
from gitops.edit import Replacement, _prove
from gitops.errors import EditRefused

BEFORE = "a: v1\nb: x\nc: [1, 2]\n---\nd: y\n"
A = Replacement(0, ("a",), "v2")


def prove(edited: str, before: str = BEFORE, wanted: Replacement = A) -> None:
    read = {document.index: document for document in documents("f.yaml", before.encode())}
    _prove("f.yaml", read, edited.encode(), {(wanted.document, wanted.address): wanted})


def test_an_edit_that_did_what_it_should_is_let_through() -> None:
    prove(BEFORE.replace("v1", "v2"))


@pytest.mark.parametrize(
    ("edited", "told"),
    [
        ("a: v2\nb: x\nc: [1, 2\n---\nd: y\n", "break the file"),
        ("a: v2\nb: x\nc: [1, 2]\n", "which documents there are"),
        ("a: v2\nb: x\nc: [1]\n---\nd: y\n", "what else is there"),
        ("a: v2\nb: x\nc: [1, 2]\ne: z\n---\nd: y\n", "what else is there"),
        ("a: v2\nb: x\nc: {1: 2}\n---\nd: y\n", "what else is there"),
        ("a: v2\nb: z\nc: [1, 2]\n---\nd: y\n", "would change b in a way nobody asked for"),
        ("a: v2\nb: x\nc: [1, 2]\n---\nd: z\n", "would change d in a way nobody asked for"),
        ("a: v2\nb: 'x'\nc: [1, 2]\n---\nd: y\n", "would change b in a way nobody asked for"),
        ("a: v3\nb: x\nc: [1, 2]\n---\nd: y\n", "would change a in a way nobody asked for"),
        ("a: v1\nb: x\nc: [1, 2]\n---\nd: y\n", "would change a in a way nobody asked for"),
    ],
)
def test_an_edit_that_did_anything_else_is_refused(edited: str, told: str) -> None:
    with pytest.raises(EditRefused, match=told):
        prove(edited)


def test_a_version_that_would_be_read_as_a_number_is_refused() -> None:
    number = Replacement(0, ("a",), "1.20")
    with pytest.raises(EditRefused, match="would change a in a way nobody asked for"):
        prove(BEFORE.replace("v1", "1.20"), wanted=number)


def test_a_document_that_could_no_longer_be_edited_is_refused() -> None:
    secret = Replacement(0, ("a",), "ENC[AES256_GCM,data:x,type:str]")
    with pytest.raises(EditRefused, match="after the edit the document"):
        prove(BEFORE.replace("v1", f'"{secret.new}"'), wanted=secret)
