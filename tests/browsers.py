"""A browser without a window, for tests of pages."""

import shutil
from contextlib import contextmanager

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")


@contextmanager
def browser(webgl=True):
    """Start Chromium; skip the test where it or its driver is not installed."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    driver = shutil.which("chromedriver")
    if program is None or driver is None:
        pytest.skip("Chromium and chromedriver are not installed")
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = program
    # The processor draws, with the same result on every machine.
    graphics = ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
    for argument in (
        "--headless=new",
        "--no-sandbox",  # root has none
        "--disable-dev-shm-usage",
        "--window-size=1280,900",
        *(graphics if webgl else ["--disable-gpu", "--disable-3d-apis"]),
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    service = webdriver.ChromeService(executable_path=driver)
    started = webdriver.Chrome(options=options, service=service)
    try:
        started.set_script_timeout(60)
        yield started
    finally:
        started.quit()


def requested(started):
    """Addresses that the browser has asked for since the last call."""
    import json

    messages = (json.loads(e["message"])["message"] for e in started.get_log("performance"))
    return [
        m["params"]["request"]["url"]
        for m in messages
        if m["method"] == "Network.requestWillBeSent"
    ]


def complaints(started):
    """What the console says of the page's errors and warnings since the last call."""
    return [entry["message"] for entry in started.get_log("browser")]
