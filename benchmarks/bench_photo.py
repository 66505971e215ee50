"""A photo of 48 megapixels from a patient's phone over 1 Mbit/s with three drops: whole, and in its colours."""

import hashlib
import json
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, Request, sync_playwright

from benchmarks.bench_visit import Served
from benchmarks.measure import print_table
from tests.chromium import launched
from tests.photo_kit import farthest, jpeg_of_p3, patches
from tests.weak_line import WeakLine

RATE, DROPS = 1_000_000, 3
SIZE = (8000, 6000)
TEXTURE = 260  # rows of noise: about 6 MB of JPEG
DELTA_E = 2.0


def main() -> None:
    data = jpeg_of_p3(patches(*SIZE, texture=TEXTURE))
    file = Path(tempfile.mkdtemp()) / "IMG_0001.JPG"
    file.write_bytes(data)
    served = Served(1)
    try:
        with sync_playwright() as playwright:
            browser = launched(playwright)
            seconds, hashed, drops = sent(browser, served, file)
            moved = farthest(shown(browser, served))
            browser.close()
    finally:
        served.kill()
    equal = hashed == hashlib.sha256(data).hexdigest()
    ideal = len(data) * 8 / RATE
    row = (
        f"{SIZE[0] * SIZE[1] / 1e6:.0f} MP, {len(data) / 1e6:.1f} MB",
        str(drops),
        f"{seconds:.0f} ({seconds / ideal:.2f} of the line's own time)",
        "yes" if equal else "NO",
        f"{moved:.2f}",
        "reached" if equal and moved < DELTA_E and drops == DROPS else "NOT REACHED",
    )
    head = ("photo over 1 Mbit/s", "drops", "seconds", "hash equal", "farthest delta E", "")
    print_table("A photo on a weak line", head, [row])


def sent(browser: Browser, served: Served, file: Path) -> tuple[float, str, int]:
    """Seconds until it is in the chart, the hash that the server compared it with, and how often the line broke."""
    line = WeakLine(("127.0.0.1", served.port))
    context = browser.new_context(
        base_url=f"http://127.0.0.1:{line.port}", permissions=["camera", "microphone"]
    )
    page, hashes = context.new_page(), list[str]()

    def note(request: Request) -> None:
        if request.url.endswith("/finish"):
            hashes.append(json.loads(request.post_data or "{}").get("sha256", ""))

    page.on("request", note)
    page.goto(served.links[0])
    page.get_by_test_id("join").click()
    page.get_by_test_id("photo-send").locator("summary").click()
    page.get_by_test_id("photo-site").select_option("forearm")
    page.get_by_test_id("photo-left").check()
    line.rate = RATE
    with page.expect_file_chooser() as chooser:
        page.get_by_test_id("photo-file-open").click()
    begun = time.perf_counter()
    chooser.value.set_files(file)
    upload, drops = page.get_by_test_id("photo-upload"), 0
    for share in (20, 45, 70):
        while percent(upload.text_content() or "") < share:
            time.sleep(0.1)
        line.cut()
        drops += 1
    upload.filter(has_text="Arrived").wait_for(timeout=300_000)
    seconds = time.perf_counter() - begun
    context.close()
    line.stop()
    return seconds, hashes[-1], drops


def percent(words: str) -> int:
    """ "Forearm (left side)45 % sentStop" -> 45"""
    digits = words.partition(" %")[0]
    return int("".join(c for c in digits[-3:] if c.isdigit()) or 0)


def shown(browser: Browser, served: Served) -> bytes:
    """What the clinician's browser is given of it."""
    visit = served.links[0].partition("#")[0].rpartition("/")[2]
    page = served.page(browser, f"/visits/{visit}/panel", staff=True)
    address = page.get_by_test_id("photo").first.get_attribute("href")
    body = page.request.get(f"{address}/whole").body()
    page.context.close()
    return body


if __name__ == "__main__":
    main()
