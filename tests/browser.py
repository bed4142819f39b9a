"""A browser without a way out: what it draws, and what it asks other machines for."""
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
         "--disable-sync", "--disable-default-apps", "--disable-dev-shm-usage", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
         "--virtual-time-budget=20000", "--window-size=1500,1800")
LOCAL = ("file:", "data:", "blob:")


def chromium() -> str:
    """The browser's path; the test is skipped where there is none, or fails where nothing may be skipped."""
    browser = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None)
    if browser is None:
        why = "there is no Chromium; `apt-get install chromium` brings one"
        pytest.fail(why) if os.environ.get("CHURNKIT_NO_SKIP") else pytest.skip(why)
    return browser


def browsed(folder: Path, address: str, *, local: tuple[str, ...] = LOCAL) -> tuple[str, list[str]]:
    """The page as headless Chromium draws it, and the addresses that it asked for and that are not `local`; `folder` is the browser's own."""
    log = folder / "requests.json"
    done = subprocess.run([chromium(), *FLAGS, f"--user-data-dir={folder / 'browser'}", f"--log-net-log={log}", "--dump-dom", address],
                          cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    text = log.read_text("utf-8").rstrip().rstrip(",")
    asked = [event.get("params", {}) for event in json.loads(text if text.endswith("}") else text + "]}")["events"]]
    # The browser itself calls home without an initiator; what a page asks for has one.
    return done.stdout, sorted({a["url"] for a in asked if a.get("initiator", "not an origin") != "not an origin" and not a["url"].startswith(local)})
