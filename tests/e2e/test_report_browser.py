"""The report as a real browser draws it."""

import os
import re
import shutil
import subprocess
from functools import cache
from html import unescape

import pytest

from evolve.report.html import render
from tests.unit.evolve.report.example import empty, example, hostile

pytestmark = pytest.mark.browser

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)
ATTACK = (
    "</code></pre></title><script>document.title='owned'</script>"
    "<img src=x onerror=document.body.remove()>"
)


@cache
def chromium():
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None and os.environ.get("CI") == "true":
        pytest.fail("CI needs a Chromium: apt-get install chromium")
    return found


@pytest.fixture
def browse(tmp_path):
    """Open a page, and return what the browser printed."""
    if chromium() is None:
        pytest.skip("no Chromium on this machine")

    def run(page, *flags):
        path = tmp_path / "report.html"
        path.write_text(page, encoding="utf-8")
        return subprocess.run(
            [
                chromium(),
                *FLAGS,
                f"--user-data-dir={tmp_path / 'profile'}",
                *flags,
                path.as_uri(),
            ],
            check=True,
            capture_output=True,
            text=True,
            timeout=120,
        )

    return run


def test_charts_are_drawn(browse):
    report = example()
    dom = browse(render(report), "--dump-dom").stdout
    assert dom.count("<svg") == 5
    assert dom.count("<path") > 200
    assert dom.count("<use") > report.statuses["ok"]
    for text in (
        "gap on train (log scale)",
        "each dot is a test instance",
        "(hatched)",
    ):
        assert text in dom


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_pixels_differ_from_an_empty_page(browse, tmp_path, mode):
    image = pytest.importorskip("PIL.Image")
    picture = tmp_path / "report.png"
    flags = ["--force-dark-mode"] if mode == "dark" else []
    shot = f"--screenshot={picture}"
    browse(render(example()), shot, "--window-size=1200,6400", *flags)
    with image.open(picture) as opened:
        colours = opened.convert("RGB").getcolors(maxcolors=1 << 24)
    most = max(colours)[1]
    assert (sum(most) > 600) == (mode == "light")
    blue = (0, 114, 178) if mode == "light" else (90, 180, 234)
    assert sum(n for n, colour in colours if colour == blue) > 5000


def requests(browse, page, log):
    """URLs that the page asked for; what the browser wants for itself is left out."""
    done = browse(page, "--dump-dom", f"--log-net-log={log}", "--enable-logging=stderr")
    pattern = r'"initiator":"([^"]*)".*?"url":"(https?:[^"]+)"'
    found = re.findall(pattern, log.read_text())
    asked = {url for initiator, url in found if initiator != "not an origin"}
    return asked, "Content Security Policy" in done.stderr


def test_nothing_is_requested_and_the_policy_is_not_broken(browse, tmp_path):
    assert requests(browse, render(example()), tmp_path / "net.json") == (set(), False)


def test_the_policy_stops_what_would_be_requested(browse, tmp_path):
    image = "<img src='http://example.invalid/x.png'>"
    page = render(example())
    inside = page.replace("<main>", f"<main>{image}")
    log = tmp_path / "net.json"
    assert requests(browse, f"<body>{image}", log) == (
        {"http://example.invalid/x.png"},
        False,
    )
    assert requests(browse, inside, log) == (set(), True)


def test_hostile_text_does_not_run(browse):
    dom = browse(render(hostile(ATTACK)), "--dump-dom").stdout
    title = re.search(r"<title>(.*?)</title>", dom, re.DOTALL)
    assert unescape(title[1]).startswith(ATTACK[:20])
    assert "<script" not in dom
    assert "<img" not in dom
    assert dom.count("&lt;script&gt;") > 10


def test_hostile_text_would_run_if_it_were_not_escaped(browse):
    """Show that the test above can fail."""
    page = f"<!DOCTYPE html><title>harmless</title><body>{ATTACK}</body>"
    assert (
        "owned"
        in re.search(r"<title>(.*?)</title>", browse(page, "--dump-dom").stdout)[1]
    )


def test_an_empty_run_is_a_readable_page(browse):
    assert "No program has been judged." in browse(render(empty()), "--dump-dom").stdout
