"""The page in a real browser: by mouse, by keyboard, on a phone, in dark mode, offline."""

import json
import re
import tomllib

import pytest

selenium = pytest.importorskip("selenium", reason="selenium is not installed")

from axe_core_python.selenium import Axe  # noqa: E402
from selenium.webdriver import ActionChains, Keys  # noqa: E402
from selenium.webdriver.common.by import By  # noqa: E402

from parity.site.chapters import SITE  # noqa: E402
from parity.site.course import COURSE  # noqa: E402

pytestmark = pytest.mark.slow
NAMES = {
    file: about["names"] for file, about in tomllib.loads((COURSE / "course.toml").read_text(encoding="utf-8")).items()
}
WITH_CODE = [file for file, names in NAMES.items() if names]
TEXTS = [file for file in NAMES if not (SITE / f"{file}.html").exists()]
PAGES = ["index", *NAMES]
UNFOLD = "document.querySelectorAll('.entry').forEach(entry => entry.open = true)"
WIDE, WIDER, PHONE = (1280, 900), (1440, 900), (390, 844)


@pytest.mark.parametrize("name", PAGES)
def test_opens_without_errors(name, opened):
    """From file://, without network requests, with every figure."""
    browser = opened(name)
    assert [entry["message"] for entry in browser.get_log("browser")] == []
    loaded = browser.execute_script("return performance.getEntriesByType('resource').map(r => r.name)")
    assert all(url.startswith("file://") for url in loaded), loaded
    browser.execute_script("document.querySelectorAll('img').forEach(i => i.loading = 'eager')")
    broken = "return Promise.all([...document.images].map(i => i.decode().then(() => '', () => i.src)))"
    assert [src for src in browser.execute_script(broken) if src] == []


def test_is_light(site):
    """The whole site has at most 4 MB, a page without its pictures at most 300 KB."""
    assert sum(path.stat().st_size for path in site.rglob("*") if path.is_file()) <= 4e6
    assert max(path.stat().st_size for path in site.rglob("*.html")) <= 300e3


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDER, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("name", PAGES)
def test_accessible(name, size, scheme, opened):
    """axe finds nothing: contrast, landmarks, names, order of headings; no page is wider than the screen."""
    browser = opened(name, size, scheme)
    for details in browser.find_elements(By.TAG_NAME, "details")[:3]:
        browser.execute_script("arguments[0].open = true", details)
    found = [(v["id"], v["nodes"][0]["html"][:200]) for v in Axe().run(browser)["violations"]]
    assert found == []
    assert browser.execute_script("return document.documentElement.scrollWidth") <= size[0]


@pytest.mark.parametrize("name", NAMES)
def test_code_fits(name, opened):
    """Side by side at 1280 pixels no column of code scrolls sideways, nor does a formula."""
    browser = opened(name, WIDE)
    browser.execute_script(UNFOLD)
    script = "return [...document.querySelectorAll('.column pre, .formula')].map(b => [b.scrollWidth, b.clientWidth])"
    assert all(wanted <= there for wanted, there in browser.execute_script(script))


@pytest.mark.parametrize("name", TEXTS)
def test_no_line_is_cut_on_a_phone(name, opened):
    """Of code and output in the text."""
    browser = opened(name, PHONE)
    script = "return [...document.querySelectorAll('.cell, .output')].map(b => [b.scrollWidth, b.clientWidth])"
    assert all(wanted <= there for wanted, there in browser.execute_script(script))


def boxes(browser, name):
    """The lines of both columns of an entry: top, bottom and left edge of each."""
    script = """return [...document.querySelectorAll(`#${arguments[0]} .column`)].map(column =>
        [...column.querySelectorAll('.line')].map(line => {
            const box = line.getBoundingClientRect();
            return [line.classList.contains('own') || line.classList.contains('pad'), box.top, box.bottom, box.left];
        }))"""
    return browser.execute_script(script, name)


@pytest.mark.parametrize("name", WITH_CODE)
def test_rows_are_aligned(name, opened):
    """Side by side, each line is beside its counterpart; on a phone, one of the two columns is there, by choice."""
    browser = opened(name, WIDE)
    browser.execute_script(UNFOLD)
    for function in NAMES[name]:
        left, right = boxes(browser, function)
        assert len(left) == len(right) > 0
        assert all(abs(a[1] - b[1]) < 0.5 for a, b in zip(left, right, strict=True)), function
        assert right[0][3] > left[0][3]
    browser = opened(name, PHONE)
    browser.execute_script(UNFOLD)
    last = NAMES[name][-1]
    for label, shown in (("show-numpy", ["numpy"]), ("show-torch", ["torch"]), ("show-numpy", ["numpy"])):
        browser.execute_script("arguments[0].click()", browser.find_element(By.CSS_SELECTOR, f"#{last} [for={label}]"))
        columns = browser.find_elements(By.CSS_SELECTOR, ".column")
        assert {each.get_attribute("class").split()[1] for each in columns if each.is_displayed()} == set(shown)


def test_equal_lines_look_equal(opened):
    """Only the lines that differ are tinted."""
    browser = opened("neuron")
    browser.execute_script(UNFOLD)
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
        ("cross entropy back", "cross_entropy.html#cross_entropy_backward"),
        ("discesa del grad", "gradients.html"),
        ("quantita di moto", "optimizers.html"),
        ("cross entropy loss", "cross_entropy.html"),
        ("gradiente stocastico", "sgd.html"),
        ("update_sgd", "optimizers.html#sgd_update"),
        ("nesterov", "optimizers.html#figure-paths"),
        ("moons", "datasets.html#load_data"),
        ("ulp", "equal.html#ulp"),
        ("unit in the last place", "equal.html#ulp"),
        ("bit for bit", "equal.html#exact"),
        ("certificate", "equal.html#exact"),
        ("rounding", "equal.html#rounding"),
        ("rounding bound", "equal.html#bound"),
        ("of the bound", "equal.html#bound"),
        ("referee", "equal.html#referee"),
        ("ties", "equal.html#ties"),
        ("ill-conditioned", "equal.html#ill-conditioned"),
        ("holds", "equal.html#holds"),
        ("DIFFERENT", "equal.html#different"),
        ("accepts bad input", "equal.html#accepts-bad-input"),
        ("what does equal mean", "equal.html"),
    ],
)
def test_search(words, leads_to, opened):
    """By name, by Italian term, by topic, words in any order, without accents, from the keyboard alone."""
    browser = opened("index")
    type_in(browser, words + Keys.ENTER)
    assert browser.current_url.endswith(leads_to)


def test_search_says_when_there_is_nothing(opened):
    """Escape closes it."""
    browser = opened("index")
    type_in(browser, "zzz")
    assert browser.find_element(By.ID, "found").text == "nothing found"
    browser.switch_to.active_element.send_keys(Keys.ESCAPE)
    assert browser.find_element(By.ID, "found").text == ""


@pytest.mark.parametrize("topic", ["nesterov", "xor", "moons", "momentum"])
def test_topics_are_found(topic, opened):
    """What the course is about, though no function is named after it."""
    browser = opened("index")
    type_in(browser, topic)
    assert len(browser.find_elements(By.CSS_SELECTOR, "#found a")) > 1


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("percetron", "perceptron"),
        ("sigmiod", "sigmoid"),
        ("nuron", "neuron"),
        ("perceptorn_setp", "perceptron_step"),
        ("ill condtioned", "ill-conditioned"),
        ("percetrone", "percettrone"),
    ],
)
def test_typing_errors_are_forgiven(typed, found, opened):
    """A letter too many, too few, wrong, or swapped; in English, in Italian, in names."""
    browser = opened("index")
    type_in(browser, typed)
    assert found in [
        link.find_element(By.TAG_NAME, "b").text for link in browser.find_elements(By.CSS_SELECTOR, "#found a")
    ]


@pytest.mark.parametrize("typed", ["xyzzy", "qq", "sigmooooid", "convolution"])
def test_what_is_not_there_is_not_guessed(typed, opened):
    """More errors than letters that fit, or a word too short to tell."""
    browser = opened("index")
    type_in(browser, typed)
    assert browser.find_element(By.ID, "found").text == "nothing found"


def leave_by_result(browser):
    """To a place on the same page, by the mouse."""
    browser.find_element(By.CSS_SELECTOR, "#found a").click()


def leave_by_click(browser):
    """Somewhere else on the page."""
    browser.find_element(By.CLASS_NAME, "lead").click()


def leave_by_tab(browser):
    """To what comes next."""
    browser.switch_to.active_element.send_keys(Keys.TAB)


@pytest.mark.parametrize("leave", [leave_by_result, leave_by_click, leave_by_tab])
def test_search_closes(leave, opened):
    """However the reader leaves it."""
    browser = opened("optimizers")
    type_in(browser, "adam_update")
    box = browser.find_element(By.ID, "search")
    assert box.get_attribute("aria-expanded") == "true"
    leave(browser)
    assert box.get_attribute("aria-expanded") == "false"
    assert browser.find_elements(By.CSS_SELECTOR, "#found li") == []
    assert browser.current_url.endswith("#adam_update") == (leave is leave_by_result)


def here(browser):
    """The entry that has the focus."""
    return browser.execute_script("return document.activeElement.closest('.entry')?.id")


@pytest.mark.parametrize("name", ["neuron", "activations"])
def test_keys(name, opened):
    """j goes through all functions of a page, k comes back; Enter unfolds."""
    browser = opened(name)
    names = [entry.get_attribute("id") for entry in browser.find_elements(By.CLASS_NAME, "entry")]
    browser.find_element(By.TAG_NAME, "body").send_keys("j")
    seen = [here(browser)]
    for key in "j" * len(names) + "k" * len(names):
        browser.switch_to.active_element.send_keys(key)
        seen.append(here(browser))
    assert seen == [*names, names[-1], *names[-2::-1], names[0]]
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    assert browser.find_element(By.CSS_SELECTOR, f"#{names[0]} .pair").is_displayed()


def test_keys_start_where_the_page_is(opened):
    """At what the address names, which is unfolded; else at what has been scrolled to."""
    names = NAMES["activations"]
    browser = opened("activations")
    assert not browser.find_element(By.CSS_SELECTOR, f"#{names[-1]} .pair").is_displayed()
    browser.get(f"{browser.current_url}#{names[-1]}")
    assert browser.find_element(By.CSS_SELECTOR, f"#{names[-1]} .pair").is_displayed()
    browser.find_element(By.TAG_NAME, "body").send_keys("k")
    assert here(browser) == names[-2]
    browser = opened("activations")
    browser.execute_script(UNFOLD + "; document.getElementById(arguments[0]).scrollIntoView()", names[1])
    browser.find_element(By.TAG_NAME, "body").send_keys("j")
    assert here(browser) == names[2]


def test_keys_lead_from_page_to_page(opened):
    """n goes from the contents through all lessons, p comes back."""
    browser = opened("index")
    for key, pages in (("n", PAGES[1:]), ("n", PAGES[-1:]), ("p", PAGES[-2::-1])):
        for name in pages:
            browser.find_element(By.TAG_NAME, "body").send_keys(key)
            assert browser.current_url.endswith(f"/{name}.html")


def test_the_menu_has_every_lesson(opened):
    """In order, from every page; the present one is marked."""
    browser = opened("perceptron", PHONE)
    browser.find_element(By.CSS_SELECTOR, ".menu summary").click()
    links = browser.find_elements(By.CSS_SELECTOR, ".menu a")
    assert [link.get_attribute("href").rsplit("/", 1)[1] for link in links] == [f"{name}.html" for name in NAMES]
    assert all(link.is_displayed() for link in links)
    [now] = [link for link in links if link.get_attribute("aria-current") == "page"]
    assert now.get_attribute("href").endswith("perceptron.html")
    links[0].click()
    assert browser.current_url.endswith("/neuron.html")


@pytest.mark.parametrize("how", ["focus", "mouse"])
def test_a_term_lights_its_code(how, opened):
    """In both listings, and it alone; from the code too."""
    browser = opened("perceptron")

    def lit():
        script = """return [...document.querySelectorAll('.essential .term')].filter(
            term => getComputedStyle(term).backgroundColor != 'rgba(0, 0, 0, 0)').map(term => term.className)"""
        return browser.execute_script(script)

    assert lit() == []
    if how == "focus":
        browser.execute_script("document.querySelector('.essential mrow.t1').focus()")
    else:
        code = browser.find_element(By.CSS_SELECTOR, ".essential .torch .t1")
        ActionChains(browser).move_to_element(code).perform()
    found = lit()
    assert set(found) == {"term t1"}
    where = "return arguments[0].map(c => !!document.querySelector('.essential ' + c + ' .t1'))"
    assert browser.execute_script(where, [".numpy", ".torch", "math"]) == [True] * 3
    assert len(found) == len(browser.find_elements(By.CSS_SELECTOR, ".essential .t1"))


def test_a_listing_leads_to_its_source(opened):
    """To the line where it begins, in either tree."""
    browser = opened("perceptron")
    browser.execute_script(UNFOLD)
    browser.find_elements(By.CSS_SELECTOR, "#perceptron_epoch .sources a")[1].click()
    assert "/source/torchref/perceptron.html#L" in browser.current_url
    line = browser.find_element(By.CSS_SELECTOR, ":target")
    assert line.text.startswith("def perceptron_epoch")
    assert line.is_displayed()
    assert [v["id"] for v in Axe().run(browser)["violations"]] == []
    browser.find_element(By.CLASS_NAME, "home").click()
    assert browser.current_url.endswith("/index.html")


def test_hints_and_solutions_are_folded(opened):
    """Until they are asked for."""
    browser = opened("perceptron")
    first = browser.find_element(By.CLASS_NAME, "exercise")
    hint, solution = first.find_elements(By.TAG_NAME, "details")
    assert hint.text == "Hint"
    assert solution.text == "Solution"
    hint.find_element(By.TAG_NAME, "summary").click()
    assert len(hint.text) > len("Hint")


def test_wide_screens_are_used(opened):
    """The contents of the lesson stand beside its text; on a phone above it."""
    script = "return ['.text > aside', '.lead'].map(s => document.querySelector(s).getBoundingClientRect().toJSON())"
    aside, lead = opened("perceptron", (1440, 900)).execute_script(script)
    assert aside["left"] >= lead["right"]
    aside, lead = opened("perceptron", PHONE).execute_script(script)
    assert aside["left"] < lead["right"]


@pytest.mark.parametrize("name", PAGES)
def test_links_resolve(name, opened, site):
    """Every link leads to a page of the site and to a place on it, or to a discussion elsewhere."""
    browser = opened(name)
    hrefs = {link.get_attribute("href") for link in browser.find_elements(By.TAG_NAME, "a")}
    for href in hrefs:
        if href.startswith("https://"):
            continue
        path, _, place = href.removeprefix(site.as_uri() + "/").partition("#")
        text = (site / path).read_text(encoding="utf-8")
        assert not place or f'id="{place}"' in text, href
    index = json.loads(re.search(r"= (.*);", (site / "search.js").read_text(encoding="utf-8"))[1])
    for item in index:
        path, _, place = item["url"].partition("#")
        assert not place or f'id="{place}"' in (site / path).read_text(encoding="utf-8")


def test_readable_without_scripts(opened, browser):
    """Only the search is missing."""
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        opened("perceptron")
        assert not browser.find_element(By.ID, "search").is_displayed()
        assert browser.find_element(By.ID, "perceptron_step").is_displayed()
        assert len(browser.find_elements(By.TAG_NAME, "math")) > 0
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


@pytest.mark.parametrize("name", WITH_CODE)
def test_print_is_whole(name, opened):
    """On A4 in one column, without the bar at the top, nothing is closed and nothing cut off."""
    browser = opened(name, (717, 1000))
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    left, right = boxes(browser, NAMES[name][0])
    assert left[0][3] == right[0][3]
    assert not browser.find_element(By.CSS_SELECTOR, "body > header").is_displayed()
    wide = """return [...document.querySelectorAll('main *')].filter(e => !e.closest('svg, math') &&
        e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 99))"""
    assert browser.execute_script(wide) == []
    formulas = "return [...document.querySelectorAll('math')].map(m => m.getBoundingClientRect().right)"
    assert all(right <= 718 for right in browser.execute_script(formulas))
    closed = """return [...document.querySelectorAll('main details')].filter(d => !d.lastElementChild.checkVisibility(
        {contentVisibilityAuto: true}) || !d.lastElementChild.getBoundingClientRect().height).length"""
    assert browser.execute_script(closed) == 0
