"""Kind answers to what did not work: short words, one way on, nothing about why in detail."""

from collections.abc import Mapping

from starlette.responses import HTMLResponse

from webapp.locale import _
from webapp.look.plain import plain_page


def message(
    title: str,
    text: str = "",
    *,
    action: tuple[str, str] | None = None,
    status: int = 200,
    picture: str = "information",
    kind: str = "accent",
    headers: Mapping[str, str] | None = None,
) -> HTMLResponse:
    """One sentence that says what is, one that says what to do, and at most one way on (words, address)."""
    return plain_page(
        "message.html",
        title=title,
        text=text,
        action=action,
        status=status,
        picture=picture,
        kind=kind,
        headers=headers,
    )


def not_found() -> HTMLResponse:
    """404, also for what somebody may not know of."""
    return message(
        _("There is no page here"),
        _("The address may be old or mistyped."),
        action=(_("Go to the start"), "/"),
        status=404,
        picture="search",
    )


def refused() -> HTMLResponse:
    """403."""
    return message(
        _("This is not open to you"),
        _("Ask the practice if you think that it should be."),
        action=(_("Go to the start"), "/"),
        status=403,
        picture="lock",
    )


def too_many(retry_after_s: int) -> HTMLResponse:
    """429, with the seconds after which to try again."""
    minutes = max(1, round(retry_after_s / 60))
    return message(
        _("Too many tries"),
        _("Wait {minutes} min and try again. Nothing is lost.", minutes=minutes),
        status=429,
        picture="clock",
        kind="attention",
        headers={"Retry-After": str(retry_after_s)},
    )


def busy(retry_after_s: int = 10) -> HTMLResponse:
    """503."""
    return message(
        _("We are busy just now"),
        _("Wait a moment and load this page again."),
        status=503,
        picture="clock",
        kind="attention",
        headers={"Retry-After": str(retry_after_s)},
    )


def failed() -> HTMLResponse:
    """500."""
    return message(
        _("Something went wrong here"),
        _("It is our fault, not yours. Go back and try again; if it stays so, call the practice."),
        action=(_("Go to the start"), "/"),
        status=500,
        picture="warning",
        kind="urgent",
    )


def signed_out() -> HTMLResponse:
    """200, after a sign-out."""
    return message(
        _("You are signed out"),
        _("Nothing of yours is left on this screen."),
        action=(_("Sign in again"), "/sign-in"),
        picture="check",
        kind="good",
    )
