"""What a person writes on what exposes an app: words for a CDN or a load balancer, mostly."""

import json

from gitops.document import documents
from gitops.scaffold.answers import AppAnswers
from gitops.scaffold.insertion import with_entry


def annotated(answers: AppAnswers, name: str, data: bytes) -> bytes:
    """An object that exposes the app, with the annotations that were answered.

    `name` is its file's, for messages.

    Raises:
        EditRefused: it has one of them already.
    """
    at = ("metadata", "annotations")
    for key, value in answers.traffic.annotations.items():
        # JSON's text in quotes is YAML's, whatever the value looks like.
        entry = f"{key}: {json.dumps(value)}\n"
        if documents(name, data)[0].keys(*at):
            data = with_entry(name, data, at, key, entry)
        else:
            data = with_entry(name, data, at[:1], at[1], f"annotations:\n  {entry}")
    return data
