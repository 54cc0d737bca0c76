"""`fleet.yaml` and `apps/<app>/app.yaml` as frozen models."""

from gitops.config.app_schema import AppConfig, AppEnvironmentConfig, ArtifactConfig, SourceConfig
from gitops.config.calendar import Freeze, Window
from gitops.config.policy import Policy
from gitops.config.read import Config, assembled, read
from gitops.config.schema import (
    API_VERSION,
    PROOFS,
    Approvals,
    ClusterConfig,
    EnvironmentConfig,
    FleetConfig,
    Follow,
    ForgeConfig,
    FreezeConfig,
    PersonConfig,
    RequiredCheck,
)
from gitops.config.stops import (
    HoldConfig,
    StandingFreezeConfig,
    StopConfig,
    StopFile,
    freeze_path,
    hold_path,
    is_stop,
    read_stops,
    stop_of,
    stop_text,
    until_of,
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
    "HoldConfig",
    "PersonConfig",
    "Policy",
    "RequiredCheck",
    "SourceConfig",
    "StandingFreezeConfig",
    "StopConfig",
    "StopFile",
    "Window",
    "assembled",
    "freeze_path",
    "hold_path",
    "is_stop",
    "read",
    "read_stops",
    "stop_of",
    "stop_text",
    "until_of",
]
