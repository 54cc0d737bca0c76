"""Gitea's webhooks of one repository.

Source: Gitea 1.26, routers/api/v1/utils/hook.go, services/webhook/general.go.
"""

from bot.adapters.gitea_api import Api
from bot.forge_settings import Webhook
from bot.webhook import WantedHook

_EVENTS = ["create", "pull_request", "push"]
_TOLD = {*_EVENTS, "pull_request_review", "pull_request_sync"}
"""What `pull_request` brings with it is told one by one."""


async def hooks(api: Api, wanted: WantedHook) -> tuple[Webhook, ...]:
    """Those with its URL.

    Raises:
        Denied, Unavailable: they could not be read.
    """
    return tuple(hook for _, hook in await _known(api, wanted))


async def put(api: Api, wanted: WantedHook) -> None:
    """Make the one hook with its URL; Gitea changes the secret of none, so one there is made anew.

    Raises:
        InvalidInput: there is no secret for it.
        Denied, Unavailable: Gitea does not let it happen.
    """
    config = {"url": wanted.url, "content_type": "json", "secret": wanted.signature()}
    before = await _known(api, wanted)
    content = {"type": "gitea", "active": True, "events": _EVENTS, "config": config}
    api.succeed(await api.ask("POST", "/hooks", content), "make the webhook")
    for number, _ in before:
        api.succeed(await api.ask("DELETE", f"/hooks/{number}"), "take the old webhook away")


async def _known(api: Api, wanted: WantedHook) -> list[tuple[int, Webhook]]:
    listed = await api.pages("/hooks", linked=False)
    with api.reading():
        return [
            (one.number("id"), Webhook(one.flag("active"), {*one.texts("events")} >= _TOLD))
            for one in listed
            if one.inner("config").text("url") == wanted.url
        ]
