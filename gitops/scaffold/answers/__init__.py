"""What a person answers, one module for each verb that asks."""

from gitops.scaffold.answers.app import AppAnswers
from gitops.scaffold.answers.app_options import Kind, app_kind
from gitops.scaffold.answers.fleet import (
    ENVIRONMENTS,
    Bootstrap,
    Defaults,
    FleetAnswers,
    ForgeKind,
    Topology,
    forge_kind,
)
from gitops.scaffold.answers.names import SHARED, TAKEN

__all__ = [
    "ENVIRONMENTS",
    "SHARED",
    "TAKEN",
    "AppAnswers",
    "Bootstrap",
    "Defaults",
    "FleetAnswers",
    "ForgeKind",
    "Kind",
    "Topology",
    "app_kind",
    "forge_kind",
]
