"""The page in a real browser: what a reader sees, by mouse, by keyboard, on a phone, in the dark, offline."""

import json
import re
import shutil

import pytest

from parity import contract

selenium = pytest.importorskip("selenium", reason="selenium is not installed")
if not (shutil.which("chromium") and shutil.which("chromedriver")):
    pytest.skip("no browser: apt-get install chromium chromium-driver", allow_module_level=True)

from axe_core_python.selenium import Axe  # noqa: E402
from selenium.webdriver import Chrome, ChromeOptions, ChromeService, Keys  # noqa: E402
from selenium.webdriver.common.by import By  # noqa: E402

from parity.cli import main  # noqa: E402

PAGES = ["index", *contract.FILES]
WIDE, PHONE = (1280, 900), (390, 844)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site, with the evidence of a short run."""
    folder = tmp_path_factory.mktemp("site")
    evidence = folder / "evidence.json"
    assert main(["check", "--examples", "2", "--only", "sigmoid", "--json", str(evidence)]) == 0
    assert main(["page", "-o", str(folder / "site"), "--evidence", str(evidence)]) == 0
    return folder / "site"


@pytest.fixture(scope="module")
def browser():
    """Chromium without a window and without a network."""
    options = ChromeOptions()
    options.binary_location = shutil.which("chromium")
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP * 0.0.0.0"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = Chrome(options, ChromeService(shutil.which("chromedriver")))
    yield driver
    driver.quit()


@pytest.fixture
def opened(site, browser):
    """Opens a page at a size, light or dark."""

    def open_page(name, size=WIDE, scheme="light"):
        width, height = size
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": size == PHONE}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        browser.get((site / f"{name}.html").as_uri())
        return browser

    return open_page


@pytest.mark.parametrize("name", PAGES)
def test_opens_without_errors(name, opened):
    """From file://, nothing is fetched from elsewhere, every picture is there."""
    browser = opened(name)
    assert [entry["message"] for entry in browser.get_log("browser")] == []
    loaded = browser.execute_script("return performance.getEntriesByType('resource').map(r => r.name)")
    assert all(url.startswith("file://") for url in loaded), loaded
    browser.execute_script("document.querySelectorAll('img').forEach(i => i.loading = 'eager')")
    broken = "return Promise.all([...document.images].map(i => i.decode().then(() => '', () => i.src)))"
    assert [src for src in browser.execute_script(broken) if src] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("name", PAGES)
def test_accessible(name, size, scheme, opened):
    """axe finds nothing: contrast, landmarks, names, order of headings; no page is wider than the screen."""
    browser = opened(name, size, scheme)
    for details in browser.find_elements(By.TAG_NAME, "details")[:3]:
        browser.execute_script("arguments[0].open = true", details)
    found = [(v["id"], v["nodes"][0]["html"][:200]) for v in Axe().run(browser)["violations"]]
    assert found == []
    assert browser.execute_script("return document.documentElement.scrollWidth") <= size[0]


def boxes(browser, name):
    """The lines of both columns of an entry: top, bottom and left edge of each."""
    script = """return [...document.querySelectorAll(`#${arguments[0]} .column`)].map(column =>
        [...column.querySelectorAll('.line')].map(line => {
            const box = line.getBoundingClientRect();
            return [line.classList.contains('own') || line.classList.contains('pad'), box.top, box.bottom, box.left];
        }))"""
    return browser.execute_script(script, name)


@pytest.mark.parametrize("name", contract.FILES)
def test_rows_are_aligned(name, opened):
    """Side by side each line stands beside its partner; on a phone one column stands under the other."""
    browser = opened(name, WIDE)
    for function in contract.names()[name]:
        left, right = boxes(browser, function)
        assert len(left) == len(right) > 1
        assert all(abs(a[1] - b[1]) < 0.5 for a, b in zip(left, right, strict=True)), function
        assert right[0][3] > left[0][3]
    browser = opened(name, PHONE)
    for function in contract.names()[name]:
        left, right = boxes(browser, function)
        assert left[0][3] == right[0][3]
        assert max(line[2] for line in left) < right[0][1], function


def test_equal_lines_look_equal(opened):
    """Only the lines that differ are tinted."""
    browser = opened("neuron")
    script = """return [...document.querySelectorAll('.line')].map(line =>
        [line.classList.contains('own'), getComputedStyle(line).backgroundColor])"""
    tints = {own: {colour for o, colour in browser.execute_script(script) if o == own} for own in (True, False)}
    assert len(tints[True]) == 2
    assert tints[False] == {"rgba(0, 0, 0, 0)"}


def type_in(browser, words):
    """Type into the search, reached by its key."""
    browser.find_element(By.TAG_NAME, "body").send_keys("/")
    browser.switch_to.active_element.send_keys(words)


@pytest.mark.parametrize(
    ("words", "leads_to"),
    [
        ("percettrone", "perceptron.html"),
        ("PERCETTRONE", "perceptron.html"),
        ("adam_up", "optimizers.html#adam_update"),
        ("cross entropy back", "losses.html#cross_entropy_backward"),
        ("discesa del grad", "gradients.html"),
        ("quantita di moto", "optimizers.html"),
    ],
)
def test_search(words, leads_to, opened):
    """By name, by Italian term, without accents, from the keyboard alone."""
    browser = opened("index")
    type_in(browser, words + Keys.ENTER)
    assert browser.current_url.endswith(leads_to)


def test_search_says_when_there_is_nothing(opened):
    """And Escape closes it."""
    browser = opened("index")
    type_in(browser, "zzz")
    assert browser.find_element(By.ID, "found").text == "nothing found"
    browser.switch_to.active_element.send_keys(Keys.ESCAPE)
    assert browser.find_element(By.ID, "found").text == ""


def test_keys(opened):
    """j and k go from function to function, n and p from chapter to chapter."""
    browser = opened("neuron")
    names = contract.names()["neuron"]
    body = browser.find_element(By.TAG_NAME, "body")
    seen = []
    for key in "jjk":
        browser.switch_to.active_element.send_keys(key) if seen else body.send_keys(key)
        seen.append(browser.switch_to.active_element.text)
    assert seen == [names[0], names[1], names[0]]
    browser.switch_to.active_element.send_keys("n")
    assert browser.current_url.endswith("perceptron.html")
    browser.find_element(By.TAG_NAME, "body").send_keys("p")
    assert browser.current_url.endswith("neuron.html")


@pytest.mark.parametrize("name", PAGES)
def test_links_resolve(name, opened, site):
    """Every link leads to a page of the site and to a place on it."""
    browser = opened(name)
    hrefs = {link.get_attribute("href") for link in browser.find_elements(By.TAG_NAME, "a")}
    for href in hrefs:
        path, _, place = href.removeprefix(site.as_uri() + "/").partition("#")
        text = (site / path).read_text(encoding="utf-8")
        assert not place or f'id="{place}"' in text, href
    index = json.loads(re.search(r"= (.*);", (site / "search.js").read_text(encoding="utf-8"))[1])
    for item in index:
        path, _, place = item["url"].partition("#")
        assert not place or f'id="{place}"' in (site / path).read_text(encoding="utf-8")


def test_readable_without_scripts(opened, browser):
    """The search is not offered, and nothing else is missing."""
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        opened("perceptron")
        assert not browser.find_element(By.ID, "search").is_displayed()
        assert browser.find_element(By.ID, "perceptron_step").is_displayed()
        assert len(browser.find_elements(By.TAG_NAME, "math")) > 0
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_print_is_one_column(opened):
    """On paper, without the bar at the top."""
    browser = opened("neuron")
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    left, right = boxes(browser, "linear")
    assert left[0][3] == right[0][3]
    assert not browser.find_element(By.TAG_NAME, "header").is_displayed()
