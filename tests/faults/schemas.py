"""Faults that JSON schemas of rendered objects show: FL008, over the CLUSTER of workloads."""

from tests.faults.workloads import RenderedFault, an, container, payments

SCHEMA_FAULTS = (
    RenderedFault("FL008", "a field with a slip", payments("replica: 3"), payments("replicas: 3")),
    RenderedFault(
        "FL008",
        "a text in place of a number",
        payments("replicas: three"),
        payments('replicas: "${REPLICAS}"'),
    ),
    RenderedFault(
        "FL008",
        "a variable that is no text",
        container("env:\n  - {name: A, value: 1}"),
        container('env:\n  - {name: A, value: "1"}'),
    ),
    RenderedFault(
        "FL008",
        "something that is needed",
        an("PodDisruptionBudget", "payments", "spec: {selector: {matchExpressions: [{key: a}]}}\n"),
        an(
            "PodDisruptionBudget",
            "payments",
            "spec: {selector: {matchExpressions: [{key: a, operator: Exists}]}}\n",
        ),
    ),
)
