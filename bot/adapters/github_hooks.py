"""GitHub's webhooks of one repository.

Source: GitHub REST, "Repository webhooks"; "Webhook events and payloads": `push` tells of tags too.
"""

from bot.adapters.github_api import Api
from bot.forge_settings import Webhook
from bot.webhook import WantedHook
from gitops.errors import Denied

_EVENTS = ["pull_request", "pull_request_review", "push"]


def hooks(api: Api, wanted: WantedHook) -> tuple[Webhook, ...] | None:
    """Those with its URL; None for a token that may do less than its owner.

    Raises:
        Unavailable: they could not be read.
    """
    try:
        return tuple(hook for _, hook in _known(api, wanted))
    except Denied:
        return None


def put(api: Api, wanted: WantedHook) -> None:
    """Make the one hook with its URL; GitHub takes no second one like it, so it is changed.

    Raises:
        InvalidInput: there is no secret for it.
        Denied, Unavailable: GitHub does not let it happen.
    """
    config = {
        "url": wanted.url,
        "content_type": "json",
        "insecure_ssl": "0",
        "secret": wanted.signature(),
    }
    content = {"active": True, "events": _EVENTS, "config": config}
    known = _known(api, wanted)
    with api.doing("make the webhook"):
        if not known:
            api.repository.create_hook("web", config, _EVENTS, active=True)
            return
    number, _ = known[0]
    place = f"/repos/{api.project.path}/hooks/{number}"
    status, _, text = api.requester.requestJson("PATCH", place, input=content)
    if status != 200:
        raise api.refusal(status, text, "change the webhook")


def _known(api: Api, wanted: WantedHook) -> list[tuple[int, Webhook]]:
    found = []
    for one in api.pages("hooks", "list the webhooks"):
        with api.reading():
            config = one.inner("config")
            if config.content.get("url") != wanted.url:
                continue
            hook = Webhook(
                active=one.flag("active"),
                complete={*one.texts("events")} >= {*_EVENTS} or one.texts("events") == ("*",),
                verified=str(config.content.get("insecure_ssl")) == "0",
                signed=bool(config.content.get("secret")),
            )
            found.append((one.number("id"), hook))
    return found
