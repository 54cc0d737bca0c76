"""The `Registry` port over the OCI distribution protocol: many repositories in one call.

Each call runs its own event loop and closes its connections. What is remembered between calls are
tokens, and what a digest says, which never changes. Each item fails alone, as a `Gap`.

Source: OCI distribution specification 1.1.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from typing import TypeVar

from bot.adapters.oci_auth import Authenticator, Tokens
from bot.adapters.oci_documents import is_digest, is_tag, locate
from bot.adapters.oci_repository import RemoteRepository
from bot.adapters.registry_credentials import DockerConfig, RegistryOrigin, parse_origin
from bot.adapters.wire import Garbled, Limits, Wire
from bot.model import Gap, Manifest, Reference
from gitops.errors import Denied, FairleadError, Unavailable

_MOST_MANIFESTS = 50_000

Item = TypeVar("Item", str, Reference)
Answered = TypeVar("Answered")


class OciRegistry:
    """Image registries, asked with the operator's credentials only.

    A registry that is not listed in `origins` is asked by https, at public addresses. Logins come
    from `origins`, else from `docker_config`. Docker Hub is `docker.io`.
    """

    def __init__(
        self,
        origins: Iterable[RegistryOrigin] = (),
        *,
        docker_config: DockerConfig | None = None,
        limits: Limits | None = None,
    ) -> None:
        self._origins = {origin.url: origin for origin in origins}
        self._docker_config = docker_config
        self._limits = limits or Limits()
        self._tokens = Tokens()
        self._manifests: dict[tuple[str, str, str], Manifest] = {}

    def tags(self, repositories: Collection[str]) -> Mapping[str, tuple[str, ...] | Gap]:
        """Every tag of each repository, sorted; a Gap unless the list is known to be whole.

        A repository that the registry does not know has no tags.
        """
        wanted = {repository: repository for repository in repositories}
        return asyncio.run(self._each(wanted, _tags))

    def resolve(
        self, references: Collection[Reference]
    ) -> Mapping[Reference, Manifest | Gap | None]:
        """What each reference names now; None when the registry says that it is not there.

        With both a tag and a digest, the digest is asked.
        """
        wanted = {reference: reference.repository for reference in references}
        return asyncio.run(self._each(wanted, self._resolve))

    async def _each(
        self,
        wanted: Mapping[Item, str],
        ask: Callable[[RemoteRepository, Item], Awaitable[Answered]],
    ) -> dict[Item, Answered | Gap]:
        """Ask for every item, given with its repository; a Gap for each that fails."""
        deadline = asyncio.get_running_loop().time() + self._limits.call_time
        async with Wire(self._origins.values(), self._limits) as wire:
            authenticator = Authenticator(wire, self._tokens, self._origins, self._docker_config)

            async def answer(item: Item, repository: str) -> Answered | Gap:
                try:
                    async with asyncio.timeout_at(deadline):
                        origin, name = self._locate(repository)
                        return await ask(RemoteRepository(wire, authenticator, origin, name), item)
                except (FairleadError, Garbled, TimeoutError) as error:
                    return self._gap(repository, error)

            async with asyncio.TaskGroup() as group:
                tasks = {
                    item: group.create_task(answer(item, repository))
                    for item, repository in wanted.items()
                }
        return {item: task.result() for item, task in tasks.items()}

    async def _resolve(self, repository: RemoteRepository, reference: Reference) -> Manifest | None:
        named = reference.digest or reference.tag or ""
        if not (is_digest(named) if reference.digest else is_tag(named)):
            raise Garbled(f"{named!r} is neither a tag nor a digest")
        found = await repository.find(named)
        if found is None:
            return None
        key = (repository.origin, repository.name, found.digest)
        manifest = self._manifests.get(key)
        if manifest is None:
            manifest = await repository.read(found)
            while len(self._manifests) >= _MOST_MANIFESTS:
                self._manifests.pop(next(iter(self._manifests)), None)
            self._manifests[key] = manifest
        return manifest

    def _locate(self, repository: str) -> tuple[str, str]:
        """The origin to ask, and the name that the repository has there."""
        location = locate(repository)
        secure = parse_origin(f"https://{location.host}")
        plain = parse_origin(f"http://{location.host}")
        if secure is None or plain is None:
            raise Garbled(f"{location.host!r} is no host")
        return (plain if plain in self._origins else secure), location.name

    def _gap(self, repository: str, error: FairleadError | Garbled | TimeoutError) -> Gap:
        service = f"registry {repository.partition('/')[0]}"
        match error:
            case Unavailable():
                return Gap(service, f"{repository}: {error.service} {error}")
            case FairleadError():
                return Gap(service, f"{repository}: {error}", denied=isinstance(error, Denied))
            case Garbled():
                return Gap(service, f"{repository}: {error}")
            case TimeoutError():
                limit = self._limits.call_time
                return Gap(service, f"{repository}: not reached within the {limit:g} s of one call")


async def _tags(repository: RemoteRepository, _: str) -> tuple[str, ...]:
    return await repository.tags()
