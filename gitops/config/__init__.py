"""`fleet.yaml` and `apps/<app>/app.yaml` as frozen models."""

from gitops.config.calendar import Freeze, Window
from gitops.config.policy import Policy
from gitops.config.read import Config, assembled, read
from gitops.config.schema import (
    API_VERSION,
    PROOFS,
    AppConfig,
    AppEnvironmentConfig,
    Approvals,
    ArtifactConfig,
    ClusterConfig,
    EnvironmentConfig,
    FleetConfig,
    Follow,
    ForgeConfig,
    FreezeConfig,
    PersonConfig,
    RequiredCheck,
    SourceConfig,
)

__all__ = [
    "API_VERSION",
    "PROOFS",
    "AppConfig",
    "AppEnvironmentConfig",
    "Approvals",
    "ArtifactConfig",
    "ClusterConfig",
    "Config",
    "EnvironmentConfig",
    "FleetConfig",
    "Follow",
    "ForgeConfig",
    "Freeze",
    "FreezeConfig",
    "PersonConfig",
    "Policy",
    "RequiredCheck",
    "SourceConfig",
    "Window",
    "assembled",
    "read",
]
