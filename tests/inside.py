"""What a test asks inside a page."""

import re

from playwright.sync_api import Page

# What the note says of itself then. Of what is not saved it says "Not saved".
SAVED = re.compile(r"^Saved \d\d:\d\d:\d\d$")


def until(page: Page, condition: str, seconds: float) -> None:
    """Wait inside the page; unlike wait_for_function this needs no eval, which the policy forbids."""
    found = page.evaluate(
        f"""() => new Promise((done) => {{
            const end = performance.now() + {seconds * 1000};
            const look = async () => {{
                if (await ({condition})) done(true);
                else if (performance.now() > end) done(false);
                else setTimeout(look, 20);
            }};
            look();
        }})"""
    )
    if not found:
        raise TimeoutError(f"never came true: {condition}")


def has_state(page: Page, state: str, seconds: float) -> None:
    """Wait until the call is in this state."""
    page.locator(f"[data-testid=call-state][data-state={state}]").wait_for(
        state="attached", timeout=seconds * 1000
    )
