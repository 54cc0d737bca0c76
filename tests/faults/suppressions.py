"""Faults of the comments that silence findings: FL09x."""

from tests.faults.planting import Fault, edited

STAGE = "apps/payments/envs/stage/version/kustomization.yaml"
TAG = "newTag: v1.0"
RIGHT = f"{TAG}-rc9 # fairlead: ignore FL106 nine is the last one"
ABOVE = "# fairlead: ignore FL106 nine is the last one"


def _said(comment: str, tag: str = TAG) -> dict[str, bytes]:
    return edited(STAGE, (TAG, f"{tag} # {comment}"))


FAULTS = (
    Fault(
        "FL090",
        "no reason",
        _said("fairlead: ignore FL106", f"{TAG}-rc9"),
        edited(STAGE, (TAG, RIGHT)),
        also=frozenset({"FL106"}),
    ),
    Fault(
        "FL090",
        "no code",
        _said("fairlead: ignore nine is the last one"),
        _said("fairlead, ignore nine, it is the last one"),
    ),
    Fault(
        "FL090",
        "ignore-file behind the head",
        _said("fairlead: ignore-file FL106 nine is the last one"),
        edited(
            STAGE,
            (TAG, f"{TAG}-rc9"),
            (
                "apiVersion",
                "# fairlead: ignore-file FL106, FL108 nine is the last one\napiVersion",
            ),
            (f'    digest: "sha256:{"1" * 64}"\n', ""),
        ),
    ),
    Fault(
        "FL091",
        "a slip in a digit",
        _said("fairlead: ignore FL166 nine is the last one"),
        edited(STAGE, (TAG, RIGHT)),
    ),
    Fault(
        "FL092",
        "a version that Flux fills in",
        _said("fairlead: ignore FL104 we fill it in ourselves", "newTag: ${VERSION}"),
        _said("fairlead would not ignore FL104 here"),
        also=frozenset({"FL104"}),
    ),
    Fault(
        "FL093",
        "what it excused is gone",
        _said("fairlead: ignore FL106 nine is the last one"),
        _said("fairlead: ignore FL106 nine is the last one", f"{TAG}-rc9"),
    ),
    Fault(
        "FL093",
        "a line too high",
        edited(STAGE, (TAG, f"# fairlead: ignore FL106 nine is the last one\n\n    {TAG}-rc9")),
        edited(
            STAGE, (TAG, f"# fairlead: ignore FL106 nine is the last one\n    # !\n    {TAG}-rc9")
        ),
        also=frozenset({"FL106"}),
    ),
)
