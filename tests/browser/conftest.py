"""The site in a real browser: built once, and opened at a size, light or dark, with or without motion."""

import shutil

import pytest

from parity.cli import main

WIDE = (1280, 900)


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The site, with the evidence of a short run."""
    folder = tmp_path_factory.mktemp("site")
    evidence = folder / "evidence.json"
    assert main(["check", "--examples", "2", "--only", "sigmoid", "--json", str(evidence)]) == 0
    assert main(["page", "-o", str(folder / "site"), "--evidence", str(evidence)]) == 0
    return folder / "site"


@pytest.fixture(scope="session")
def browser():
    """Chromium without a window and without a network."""
    if not (shutil.which("chromium") and shutil.which("chromedriver")):
        pytest.skip("no browser: apt-get install chromium chromium-driver")
    from selenium.webdriver import Chrome, ChromeOptions, ChromeService

    options = ChromeOptions()
    options.binary_location = shutil.which("chromium")
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP * 0.0.0.0"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = Chrome(options, ChromeService(shutil.which("chromedriver")))
    driver.set_script_timeout(120)  # of axe, on a busy machine
    yield driver
    driver.quit()


@pytest.fixture
def opened(browser, site):
    """Opens a page; in the end there is no error in the console."""

    def open_page(name, size=WIDE, scheme="light", motion="no-preference"):
        width, height = size
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        media = {"prefers-color-scheme": scheme, "prefers-reduced-motion": motion}
        features = [{"name": feature, "value": value} for feature, value in media.items()]
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        browser.get((site / f"{name}.html").as_uri())
        return browser

    yield open_page
    assert [entry["message"] for entry in browser.get_log("browser")] == []
