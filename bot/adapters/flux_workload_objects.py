"""What is read of workloads and their Pods: as `flux_objects`, of what Kubernetes has by itself.

Source: Kubernetes API reference 1.36, apps/v1, batch/v1 and v1.
"""

import msgspec

from bot.adapters.flux_objects import Condition, Metadata, Read, Time


class Container(Read, frozen=True):
    """One container of a Pod."""

    name: str = ""
    image: str = ""


class PodSpec(Read, frozen=True):
    """The containers of a Pod."""

    containers: tuple[Container, ...] = ()
    init_containers: tuple[Container, ...] = ()

    @property
    def every(self) -> tuple[Container, ...]:
        """All that is started, in that order."""
        return (*self.init_containers, *self.containers)


class PodTemplate(Read, frozen=True):
    """What a workload makes its Pods of."""

    spec: PodSpec = PodSpec()


class JobSpec(Read, frozen=True):
    """What a CronJob makes its Jobs of."""

    template: PodTemplate = PodTemplate()


class JobTemplate(Read, frozen=True):
    """As `JobSpec`."""

    spec: JobSpec = JobSpec()


class WorkloadSpec(Read, frozen=True):
    """`job_template` of a CronJob, `template` of every other."""

    replicas: int = 1
    template: PodTemplate = PodTemplate()
    job_template: JobTemplate | None = None


class WorkloadStatus(Read, frozen=True):
    """How many of its Pods are as they shall be; the last three are a DaemonSet's.

    `replicas` are all that there are, `updated_replicas` those of the newest template.
    """

    observed_generation: int = 0
    replicas: int = 0
    updated_replicas: int = 0
    available_replicas: int = 0
    ready_replicas: int = 0
    conditions: tuple[Condition, ...] = ()
    desired_number_scheduled: int = 0
    updated_number_scheduled: int = 0
    number_available: int = 0


class Workload(Read, frozen=True):
    """A Deployment, StatefulSet, DaemonSet, CronJob or Job."""

    metadata: Metadata
    spec: WorkloadSpec = WorkloadSpec()
    status: WorkloadStatus = WorkloadStatus()

    @property
    def containers(self) -> tuple[Container, ...]:
        """All that its Pods start."""
        cron = self.spec.job_template
        return (cron.spec.template if cron is not None else self.spec.template).spec.every


class Owner(Read, frozen=True):
    """Who made an object."""

    kind: str = ""
    name: str = ""
    controller: bool = False


class PodMetadata(Read, frozen=True):
    """Who a Pod is, and whose."""

    name: str
    namespace: str = ""
    deletion_timestamp: Time | None = None
    owner_references: tuple[Owner, ...] = ()


class ContainerStatus(Read, frozen=True):
    """What a container runs: `image_id` as the node calls it, mostly with a digest."""

    name: str = ""
    image_id: str = msgspec.field(name="imageID", default="")


class PodStatus(Read, frozen=True):
    """How far a Pod is."""

    phase: str = ""
    container_statuses: tuple[ContainerStatus, ...] = ()
    init_container_statuses: tuple[ContainerStatus, ...] = ()

    @property
    def every(self) -> tuple[ContainerStatus, ...]:
        """Of all that is started, in that order."""
        return (*self.init_container_statuses, *self.container_statuses)


class Pod(Read, frozen=True):
    """A Pod."""

    metadata: PodMetadata
    spec: PodSpec = PodSpec()
    status: PodStatus = PodStatus()
