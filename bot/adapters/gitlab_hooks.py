"""GitLab's webhooks of one project.

Source: GitLab, "Project webhooks API".
"""

from bot.adapters.gitlab_api import Api
from bot.forge_settings import Webhook
from bot.webhook import WantedHook

_EVENTS = ("push_events", "tag_push_events", "merge_requests_events")


def hooks(api: Api, wanted: WantedHook) -> tuple[Webhook, ...]:
    """Those with its URL.

    Raises:
        Denied, Unavailable: they could not be read.
    """
    return tuple(hook for _, hook in _known(api, wanted))


def put(api: Api, wanted: WantedHook) -> None:
    """Make the one hook with its URL; one that is there is made anew, with its secret.

    Raises:
        InvalidInput: there is no secret for it.
        Denied, Unavailable: GitLab does not let it happen.
    """
    events = dict.fromkeys(_EVENTS, True)
    content = {"url": wanted.url, "token": wanted.signature(), "enable_ssl_verification": True}
    before = _known(api, wanted)
    with api.tried("make the webhook"):
        api.project.hooks.create(content | events)
    for number, _ in before:
        api.delete("delete the webhook as it was", api.project.hooks, number)


def _known(api: Api, wanted: WantedHook) -> list[tuple[int, Webhook]]:
    listed = api.every("list the webhooks", api.project.hooks)
    with api.reading():
        return [
            (
                one.number("id"),
                Webhook(
                    # GitLab stops one by itself whose receiver fails too often.
                    active=one.content.get("alert_status", "executable") != "disabled",
                    complete=all(one.flag(event) for event in _EVENTS),
                    verified=one.flag("enable_ssl_verification"),
                ),
            )
            for one in listed
            if one.text("url") == wanted.url
        ]
