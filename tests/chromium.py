"""The browser that tests and benchmarks drive: Debian's Chromium, without its desktop where that is to be had."""

import shutil
from pathlib import Path

from playwright.sync_api import Browser, BrowserType, Playwright

WHOLE = "/usr/bin/chromium"
# The headless shell is the same engine without the desktop around it: a page opens in half the time.
SHELL = shutil.which("chromium-headless-shell") or WHOLE
ASKING = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
)
GRANTING = (*ASKING, "--use-fake-ui-for-media-stream")


def launched(playwright: Playwright, camera: Path | None = None) -> Browser:
    """A browser whose camera and microphone are made up, and granted to whoever asks; `camera` is what it sees."""
    seen = [f"--use-file-for-fake-video-capture={camera}"] if camera else []
    return playwright.chromium.launch(executable_path=SHELL, args=[*GRANTING, *seen])


def denying(chromium: BrowserType) -> Browser:
    """A browser that asks for camera and microphone, as people's do, and gets no for an answer; the shell cannot."""
    return chromium.launch(executable_path=WHOLE, args=list(ASKING))
