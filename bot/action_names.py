"""What an action is called where people read of it. Pure."""

from bot.plan import (
    Action,
    CancelAutomaticMerge,
    Close,
    DeleteBranch,
    Deliver,
    Describe,
    Label,
    Merge,
    Open,
    PostStatus,
    Presenting,
    Rebuild,
)


def name_of(action: Action) -> str:
    """The action as a person would say it."""
    match action:
        case Open():
            return f"open {action.promotion.branch}"
        case Rebuild():
            return f"rebuild !{action.number} ({action.reason})"
        case Merge():
            return f"merge !{action.number} at {action.head[:12]}"
        case Close():
            return f"close !{action.number}: {action.comment}"
        case Deliver():
            shown = ", ".join(
                f"{p.target.app} {p.release.version} to {p.target.environment}"
                for p in action.promotions
            )
            return f"commit {shown}"
        case DeleteBranch():
            return f"delete branch {action.branch}"
        case _:
            return _name_of_presenting(action)


def _name_of_presenting(action: Presenting) -> str:
    match action:
        case Describe():
            return f"describe !{action.number}"
        case Label():
            removed = (f"without {name}" for name in action.remove)
            return f"label !{action.number}: {', '.join((*action.add, *removed))}"
        case PostStatus():
            return f"say {action.status.state} on !{action.number}: {action.status.description}"
        case CancelAutomaticMerge():
            return f"cancel the automatic merge of !{action.number}"
