"""The moving picture of the perceptron, in a real browser: by key, by pointer, on a phone, in dark mode, offline."""

import functools
import subprocess
import sys

import pytest
import torch

import torchref

selenium = pytest.importorskip("selenium", reason="selenium is not installed")

from axe_core_python.selenium import Axe  # noqa: E402
from selenium.webdriver import ActionChains, Keys  # noqa: E402
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.support.ui import Select, WebDriverWait  # noqa: E402

pytestmark = pytest.mark.slow
WIDE, PHONE = (1440, 900), (390, 844)


@pytest.fixture
def opened(opened):
    """Opens the lesson."""
    return functools.partial(opened, "perceptron")


def state(browser):
    """What the picture is at."""
    return browser.execute_script("return document.getElementById('widget-perceptron').state()")


def button(browser, label):
    """The button with this label."""
    return browser.find_element(By.XPATH, f"//section[@id='widget-perceptron']//button[normalize-space()='{label}']")


def press(browser, label, times=1):
    """Press a button by the keyboard; what is said then."""
    pressed = button(browser, label)
    for _ in range(times):
        pressed.send_keys(Keys.ENTER)
    return said(browser)


def said(browser):
    """The words below the buttons."""
    return browser.find_element(By.CSS_SELECTOR, "#widget-perceptron .said").text


def dots(browser):
    """The points of the drawing."""
    return browser.find_elements(By.CSS_SELECTOR, "#widget-perceptron .drawing .point")


def choose(browser, name):
    """Choose a data set."""
    Select(browser.find_element(By.CSS_SELECTOR, "#widget-perceptron select")).select_by_value(name)


def paste(browser, text):
    """Paste points of one's own, and use them."""
    details = browser.find_element(By.CSS_SELECTOR, "#widget-perceptron .pasting")
    browser.execute_script("arguments[0].open = true", details)
    field = details.find_element(By.TAG_NAME, "textarea")
    field.clear()
    field.send_keys(text)
    press(browser, "Use these points")
    return details.find_element(By.CLASS_NAME, "wrong").text


def trained(now, steps):
    """Weight and bias of torchref from W = 0 after so many samples."""
    x, y = torch.tensor(now["x"], dtype=torch.float64), torch.tensor(now["y"], dtype=torch.float64)
    weight, bias = torch.zeros(1, 2, dtype=torch.float64), torch.zeros(1, dtype=torch.float64)
    order = torch.tensor(now["order"])
    for first in range(0, steps, len(order)):
        seen = order[: steps - first]
        weight, bias, _ = torchref.perceptron_epoch(weight, bias, x[seen], y[seen])
    return weight.tolist(), bias.tolist()


@pytest.mark.parametrize("shuffled", [False, True])
def test_fifty_steps_are_those_of_torchref(shuffled, opened):
    """Bit for bit, in the order that is shown, or until it has settled; and all the way back."""
    browser = opened()
    if shuffled:
        press(browser, "Shuffle the order")
        assert sorted(state(browser)["order"]) == list(range(8))
    start, seen = state(browser), []
    for step in range(1, 51):
        seen.append(state(browser))
        press(browser, "Sample →")
        now = state(browser)
        assert (now["weight"], now["bias"]) == trained(now, step)
        if now["said"].endswith("corrections."):
            break
    for earlier in reversed(seen):
        press(browser, "← Sample")
        assert {**state(browser), "said": earlier["said"]} == earlier
    assert (start["weight"], start["bias"]) == ([[0, 0]], [0])


def test_epochs_forwards_and_back(opened):
    """As in the deck: settled after eight epochs; then nothing moves; back by epochs, also from within one."""
    browser = opened()
    press(browser, "Epoch →", 3)
    press(browser, "Sample →", 3)
    press(browser, "← Epoch")
    assert (state(browser)["epoch"], state(browser)["at"]) == (3, 0)
    press(browser, "← Epoch")
    assert (state(browser)["epoch"], state(browser)["at"]) == (2, 0)
    assert (state(browser)["weight"], state(browser)["bias"]) == trained(state(browser), 16)
    assert press(browser, "Epoch →", 6) == "Settled after 8 epochs, 20 corrections."
    assert press(browser, "Sample →") == "Settled after 8 epochs, 20 corrections."
    assert press(browser, "Epoch →") == "Settled after 8 epochs, 20 corrections."
    assert state(browser)["epoch"] == 8
    assert press(browser, "← Epoch", 9) == "This is the beginning."


@pytest.mark.parametrize(("name", "again"), [("xor", 2), ("toy_flipped", 30)])
def test_what_never_settles_is_said(name, again, opened):
    """The weights come back to what they have been."""
    browser = opened()
    choose(browser, name)
    assert press(browser, "To the end") == f"The same weights as after epoch {again}: it will never settle."
    epochs = state(browser)["epochs"]
    assert epochs[-1]["key"] == epochs[again]["key"]


def test_a_thousand_epochs_are_enough(opened):
    """Two points of different classes at almost the same place take longer."""
    browser = opened()
    assert paste(browser, "1, 1, 1\n1.0009765625, 1, -1") == ""
    assert press(browser, "To the end").startswith("Not settled after 1000 epochs, ")


def test_playing_goes_on_until_it_has_settled(opened):
    """It can be paused, and any other button stops it."""
    browser = opened()
    press(browser, "Play")
    press(browser, "Pause")
    begun = state(browser)
    press(browser, "Play")
    WebDriverWait(browser, 60).until(lambda _: said(browser).startswith("Settled"))
    assert said(browser) == "Settled after 8 epochs, 20 corrections."
    assert button(browser, "Play").is_displayed()
    assert begun["epoch"] < 8
    press(browser, "Start over")
    press(browser, "Play")
    press(browser, "Start over")
    assert button(browser, "Play").is_displayed()


def test_no_motion_where_it_is_not_wanted(opened):
    """The end is reached at once instead."""
    browser = opened(motion="reduce")
    assert not button(browser, "Play").is_displayed()
    assert press(browser, "To the end") == "Settled after 8 epochs, 20 corrections."


def test_points_by_keyboard(opened):
    """Flip and move, or flip by a screen reader; the weights stay, the focus stays, Back undoes it."""
    browser = opened()
    press(browser, "Epoch →", 2)
    before = state(browser)
    dots(browser)[3].send_keys(Keys.ENTER)
    assert state(browser)["y"] == [[1], [-1], [1], [1], [1], [-1], [1], [-1]]
    assert said(browser) == "Point 4 is of class +1 now; the weights stay."
    browser.switch_to.active_element.send_keys(Keys.ARROW_LEFT)
    browser.switch_to.active_element.send_keys(Keys.ARROW_UP)
    now = state(browser)
    assert now["x"][3] == [4.75, 0.25]
    assert browser.switch_to.active_element == dots(browser)[3]
    assert (now["weight"], now["bias"], now["epoch"]) == (before["weight"], before["bias"], 0)
    assert "Point 4 at (4.75, 0.25), class +1, wrong" in dots(browser)[3].get_attribute("aria-label")
    browser.execute_script("arguments[0].dispatchEvent(new MouseEvent('click', {bubbles: true}))", dots(browser)[3])
    assert state(browser)["y"][3] == [-1]
    press(browser, "← Sample", 4)
    assert {**state(browser), "said": before["said"]} == before


def test_another_data_set_can_be_taken_back(opened):
    """The points are where they were, and the choice says so."""
    browser = opened()
    press(browser, "Sample →", 3)
    before = [dot.rect for dot in dots(browser)]
    choose(browser, "xor")
    assert len(dots(browser)) == 4
    assert press(browser, "← Sample") == "What was changed is undone."
    assert [dot.rect for dot in dots(browser)] == before
    assert browser.find_element(By.CSS_SELECTOR, "#widget-perceptron select").get_attribute("value") == "toy"


def test_tab_leads_from_point_to_point(opened):
    """Each point has a name and a mark that does not depend on colour."""
    browser = opened()
    dots(browser)[0].send_keys(Keys.TAB)
    assert browser.switch_to.active_element == dots(browser)[1]
    signs = [dot.find_element(By.CLASS_NAME, "sign").get_attribute("d") for dot in dots(browser)[:2]]
    assert signs[0] != signs[1]


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_points_by_pointer(size, opened):
    """A click flips, a drag moves by quarters, a double click on an empty place adds."""
    browser = opened(size)
    drawing = browser.find_element(By.CSS_SELECTOR, "#widget-perceptron .drawing")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", drawing)
    hits = [dot.find_element(By.CLASS_NAME, "hit") for dot in dots(browser)]
    ActionChains(browser).click(hits[1]).perform()
    assert state(browser)["y"][1] == [1]
    ActionChains(browser).click_and_hold(hits[1]).move_by_offset(-10, -30).move_by_offset(-30, 0).release().perform()
    now = state(browser)
    assert now["y"][1] == [1]
    assert now["x"][1][0] < 6
    assert now["x"][1][1] > 0.5
    assert all(value % 0.25 == 0 for value in now["x"][1])
    press(browser, "← Sample")
    assert state(browser)["x"][1] == [6, 0.5]
    corner = drawing.size["width"] // 2 - 20, 20 - drawing.size["height"] // 2
    ActionChains(browser).move_to_element_with_offset(drawing, *corner).double_click().perform()
    assert len(state(browser)["x"]) == len(dots(browser)) == 9
    assert state(browser)["order"] == list(range(9))
    press(browser, "Add a point", 2)
    assert len({tuple(point) for point in state(browser)["x"]}) == 11


def test_touch_on_a_phone(opened):
    """A tap flips, two taps on an empty place add, and buttons are large enough for a finger."""
    browser = opened(PHONE)
    drawing = browser.find_element(By.CSS_SELECTOR, "#widget-perceptron .drawing")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", drawing)

    def tap(x, y):
        touch = {"touchPoints": [{"x": x, "y": y}]}
        browser.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": "touchStart", **touch})
        browser.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    script = "const b = arguments[0].getBoundingClientRect(); return [b.x, b.y, b.width, b.height]"
    left, top, width, height = browser.execute_script(script, dots(browser)[0].find_element(By.CLASS_NAME, "hit"))
    assert min(width, height) >= 44
    tap(left + width / 2, top + height / 2)
    assert state(browser)["y"][0] == [-1]
    left, top, width, height = browser.execute_script(script, drawing)
    tap(left + width - 20, top + 20)
    tap(left + width - 20, top + 20)
    assert len(state(browser)["x"]) == 9
    for target in browser.find_elements(By.CSS_SELECTOR, "#widget-perceptron button, #widget-perceptron select"):
        if target.is_displayed():
            assert min(target.size.values()) >= 44, target.text


@pytest.mark.parametrize(
    "text",
    ["20, 30000, -1\n35, 52000, 1\n61, 58000, 1", "1, 1, 1\n1, 1, -1", "0, 3, 1\n5, 3, -1", "-1e6, 1, 1\n1e6, 2, -1"],
)
def test_points_of_any_range_are_in_sight(text, opened):
    """On axes of their own where one coordinate is tiny beside the other, and where all are the same."""
    browser = opened()
    assert paste(browser, text) == ""
    script = """const b = arguments[0].getBoundingClientRect();
        return [...arguments[0].querySelectorAll('.mark')].map(mark => {
            const p = mark.getBoundingClientRect();
            return [p.left - b.left, b.right - p.right, p.top - b.top, b.bottom - p.bottom, p.left, p.top];
        })"""
    places = browser.execute_script(script, browser.find_element(By.CSS_SELECTOR, "#widget-perceptron .drawing"))
    assert all(gap > 0 for place in places for gap in place[:4])
    for d in (0, 1):
        values = [point[d] for point in state(browser)["x"]]
        assert (len(set(values)) > 1) == (max(p[4 + d] for p in places) - min(p[4 + d] for p in places) > 50)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("1, 2, 1\n3, x, -1", "line 2: x is no number"),
        ("1, 2, 1\n3, 4", "line 2 has 2 values, expected 2 coordinates and a class"),
        ("1, 2, 1\n3, 4, 5", "line 2: class 5, expected -1 or 1"),
    ],
)
def test_bad_points_lose_nothing(text, wrong, opened):
    """One line says what is wrong; the picture and what was pasted stay."""
    browser = opened()
    press(browser, "Epoch →", 2)
    before = state(browser)
    assert paste(browser, text) == wrong
    assert state(browser) == before
    assert browser.find_element(By.CSS_SELECTOR, "#widget-perceptron textarea").get_attribute("value") == text


SETS = {"toy": None, "toy_flipped": None, "xor": None, "own": "0.1, 0.3, 1\n-0.7, 0.2, -1\n0.3, 0.9, 1\n1e3, 0.1, -1"}


@pytest.mark.parametrize("language", ["NumPy", "PyTorch"])
@pytest.mark.parametrize("name", SETS)
def test_copied_programs_print_the_numbers_shown(name, language, opened):
    """For each epoch, from weights that are not 0, in another order."""
    browser = opened()
    if SETS[name]:
        assert paste(browser, SETS[name]) == ""
    elif name != "toy":
        choose(browser, name)
    press(browser, "Sample →", 2)
    press(browser, "Shuffle the order")
    press(browser, "Epoch →", 9)
    press(browser, "Sample →", 1)
    press(browser, f"Copy as {language}")
    field = browser.find_element(By.CSS_SELECTOR, "#widget-perceptron .copying pre")
    program = WebDriverWait(browser, 10).until(lambda _: field.text)
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    rows = browser.execute_script("""return [...document.querySelectorAll('#widget-perceptron tbody tr')].map(
        row => [...row.children].map(cell => cell.textContent))""")
    lines = [
        f"start: w = ({w1}, {w2}), b = {b}"
        if mistakes == "–"
        else f"epoch {epoch}: w = ({w1}, {w2}), b = {b}, mistakes = {mistakes}"
        for epoch, w1, w2, b, mistakes in reversed(rows)
    ]
    assert len(lines) >= 2
    assert printed.splitlines() == lines


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_accessible(size, scheme, opened):
    """axe finds nothing, with everything open, and nothing is wider than the screen."""
    browser = opened(size, scheme)
    press(browser, "Epoch →", 2)
    paste(browser, "1, 2, 3")
    press(browser, "Copy as NumPy")
    found = [(v["id"], v["nodes"][0]["html"][:200]) for v in Axe().run(browser)["violations"]]
    assert found == []
    assert browser.execute_script("return document.documentElement.scrollWidth") <= size[0]


def test_without_scripts(opened, browser):
    """The still says where the line can be seen."""
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        opened()
        still = browser.find_element(By.CSS_SELECTOR, "#widget-perceptron .still")
        assert still.is_displayed()
        assert still.find_element(By.TAG_NAME, "a").get_attribute("href").endswith("#figure-turning_line")
        assert browser.find_element(By.ID, "figure-turning_line").is_displayed()
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
