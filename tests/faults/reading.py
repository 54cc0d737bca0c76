"""Faults of what cannot be read, built or found: FL0xx."""

from gitops.tree import File, Mode
from tests.faults.planting import FLEET, Fault, appended, edited

APP = "apps/payments/app.yaml"
FLUX = "clusters/dev/dev-1/apps/payments.yaml"
APPS = "clusters/dev/dev-1/apps.yaml"
BASE = "apps/payments/base/kustomization.yaml"
SERVICE = "apps/payments/base/service.yaml"
OVERLAY = "apps/payments/envs/stage/kustomization.yaml"
VERSION = "apps/payments/envs/stage/version/kustomization.yaml"
HOLD = ".fairlead/holds/dev/payments.yaml"
STOP = (
    b"apiVersion: fairlead.dev/v1alpha1\nkind: Hold\nowner: ana\n"
    b"reason: we look into the latency\nmade: 2026-03-02T09:00:00Z\n"
)
FREEZE = STOP.replace(b"Hold", b"Freeze") + b"until: 2026-03-03T09:00:00Z\n"


def template(directory: str) -> dict[str, bytes]:
    """The app payments as something to copy, with an app.yaml that is none yet."""
    files = {
        path.replace("apps/payments", directory): file.data.replace(b"payments", b"template")
        for path, file in FLEET.items()
        if path.startswith("apps/payments/")
    }
    return {**files, f"{directory}/app.yaml": b"name: <NAME>\nimage: <IMAGE>\n"}


FAULTS = (
    Fault(
        "FL001",
        "a key that is not known",
        edited(APP, ("team:", "taem:")),
        edited(APP, ("team:", "# taem:\nteam:")),
    ),
    Fault(
        "FL001",
        "an environment that the fleet has not",
        appended(APP, "environments:\n  pord: {soak: 1h}\n"),
        appended(APP, "environments:\n  stage: {soak: 1h}\n"),
    ),
    Fault(
        "FL001",
        "a template that Flux applies",
        {
            **template("apps/_template"),
            "clusters/dev/dev-1/apps/template.yaml": FLEET[FLUX]
            .data.replace(b"apps/payments", b"apps/_template")
            .replace(b"payments", b"template"),
        },
        template("apps/_template"),
    ),
    Fault(
        "FL002",
        "no YAML",
        edited(VERSION, ("images:", "images: [")),
        edited(VERSION, ("images:", "images: # [")),
    ),
    Fault(
        "FL002",
        "a resource outside the repository",
        edited(OVERLAY, ("- ../../base", "- ../../../../../base")),
        edited(OVERLAY, ("- ../../base", "- ../../../../apps/payments/base")),
    ),
    Fault(
        "FL003",
        "a cluster without files",
        edited("fleet.yaml", ("      - dev-1\n", "      - dev-1\n      - dev-2\n")),
        {
            **edited("fleet.yaml", ("      - dev-1\n", "      - dev-1\n      - dev-2\n")),
            **{
                path.replace("dev-1", "dev-2"): file.data.replace(b"dev-1", b"dev-2")
                for path, file in FLEET.items()
                if path.startswith("clusters/dev/dev-1/")
            },
        },
    ),
    Fault(
        "FL004",
        "a path with a slip",
        edited(FLUX, ("envs/dev", "envs/dve")),
        edited(FLUX, ("./apps/payments/envs/dev", "apps//payments/envs/dev/")),
    ),
    Fault(
        "FL005",
        "a dependency that is not there",
        edited(APPS, ("- name: tenants", "- name: tenant")),
        edited(APPS, ("- name: tenants", "- name: tenant\n      namespace: other")),
    ),
    Fault(
        "FL006",
        "a cluster that applies the stops",
        {
            HOLD: STOP,
            **edited(
                "clusters/dev/dev-1/kustomization.yaml",
                ("  - apps.yaml", f"  - apps.yaml\n  - ../../../{HOLD}"),
            ),
        },
        {HOLD: STOP},
    ),
    Fault(
        "FL009",
        "a hold with a key that is not known",
        {HOLD: STOP.replace(b"owner", b"by")},
        {HOLD: STOP},
    ),
    Fault(
        "FL009",
        "a freeze without an end",
        {".fairlead/freezes/_all.yaml": FREEZE.replace(b"until", b"# until")},
        {".fairlead/freezes/_all.yaml": FREEZE},
    ),
    Fault(
        "FL009",
        "a hold that ended before it was made",
        {HOLD: STOP + b"until: 2026-03-02T08:59:59Z\n"},
        {HOLD: STOP + b"until: 2026-03-02T09:00:01Z\n"},
    ),
    Fault(
        "FL009",
        "a hold of an app with a slip",
        {HOLD.replace("payments", "paymens"): STOP},
        {HOLD: STOP},
    ),
    Fault(
        "FL009",
        "a freeze of an environment with a slip",
        {".fairlead/freezes/prodd.yaml": FREEZE},
        {".fairlead/freezes/prod.yaml": FREEZE},
    ),
    Fault(
        "FL009",
        "a hold whose file has another ending",
        {HOLD.replace(".yaml", ".yml"): STOP},
        {HOLD: STOP},
    ),
    Fault(
        "FL007",
        "a resource with a slip",
        edited(BASE, ("service.yaml", "servce.yaml")),
        edited(BASE, ("service.yaml", "./service.yaml")),
    ),
    Fault(
        "FL007",
        "a symlink",
        {SERVICE: File(b"../../antaeus/base/service.yaml", Mode.SYMLINK)},
        {"apps/payments/service.yaml": File(b"base/service.yaml", Mode.SYMLINK)},
    ),
    Fault(
        "FL007",
        "a component that is gone",
        {VERSION: None},
        {
            VERSION: None,
            VERSION.replace("kustomization.yaml", "Kustomization"): FLEET[VERSION].data,
        },
    ),
)
