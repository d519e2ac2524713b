"""The picture of gradient descent in a real browser: its numbers are those of torchref, by keys and by pointer."""

import functools
import os
import re
import subprocess
import sys

import pytest

selenium = pytest.importorskip("selenium", reason="selenium is not installed")

from axe_core_python.selenium import Axe  # noqa: E402
from selenium.webdriver import ActionChains, Keys  # noqa: E402
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.support.ui import WebDriverWait  # noqa: E402

import torchref  # noqa: E402

pytestmark = pytest.mark.slow
WIDE, PHONE = (1440, 900), (390, 844)
X = [[0.3], [0.7], [1.1], [1.4], [1.9], [2.2], [2.7], [3.1]]
Y = [[2.3], [1.2], [1.0], [0.6], [-0.7], [-0.7], [-1.9], [-2.3]]
# The same sums in another order: some ten roundings of 1.1e-16 in each of 50 steps; momentum 0.9 sums up ten times, and
# a run within its border amplifies nothing. The weights and all that goes into them are of one order.
ROUNDING = 50 * 10 * 10 * 1.1e-16


@pytest.fixture
def opened(opened):
    """Opens the lesson."""
    return functools.partial(opened, "gradients")


def runs(browser):
    """The state of both runs."""
    return browser.execute_script("return document.getElementById('widget-gradients').state().runs")


def button(browser, label):
    """A button of the widget."""
    return browser.find_element(By.XPATH, f"//*[@id='widget-gradients']//button[text()='{label}']")


def step(browser, times):
    """Take steps by the keyboard."""
    button(browser, "Step").send_keys(Keys.ENTER * times)


def said(browser):
    """The words of the live region."""
    return browser.find_element(By.CSS_SELECTOR, "#widget-gradients .said").text


def panel(browser, name):
    """The controls of one run."""
    return browser.find_element(By.CSS_SELECTOR, f"#widget-gradients fieldset.{name}")


def sliders(browser, name):
    """The sliders of one run: learning rate and momentum."""
    return panel(browser, name).find_elements(By.CSS_SELECTOR, "input[type=range]")


def rate(browser, name):
    """The learning rate that stands beside its slider."""
    return float(panel(browser, name).find_element(By.TAG_NAME, "output").text)


def border(browser, name):
    """The border that the words name."""
    return float(re.search(r" = ([\d.]+)", panel(browser, name).find_element(By.CLASS_NAME, "about").text)[1])


def settle(browser, name, rule, batch=True):
    """Choose the rule of a run, by keys."""
    momentum = sliders(browser, name)[1]
    momentum.send_keys(Keys.HOME + Keys.ARROW_RIGHT * (0 if rule == "plain" else 90))
    box = panel(browser, name).find_element(By.CSS_SELECTOR, "[type=checkbox]")
    if box.is_selected() != (rule == "nesterov"):
        box.send_keys(Keys.SPACE)
    panel(browser, name).find_element(By.TAG_NAME, "select").send_keys("batch" if batch else "sample")


def trained(steps, rule, batch, lr, x=X, y=Y, start=(0.0, 0.0)):
    """The weight and bias of torchref after some steps, in float64."""
    x, y = torchref.tensor(x), torchref.tensor(y)
    parameters, states = [torchref.tensor([[start[0]]]), torchref.tensor([start[1]])], [None, None]
    options = {"lr": lr, "momentum": 0.0 if rule == "plain" else 0.9, "nesterov": rule == "nesterov"}
    for number in range(steps):
        at = slice(None) if batch else slice(number % len(x), number % len(x) + 1)
        grads = torchref.neuron_gradients(*parameters, x[at], y[at])
        updated = zip(parameters, grads, states, strict=True)
        parameters, states = zip(*(torchref.sgd_update(*each, **options) for each in updated), strict=True)
    return [value.item() for value in parameters]


def paste(browser, text):
    """Put points of one's own into the field and use them."""
    details = browser.find_element(By.CSS_SELECTOR, "#widget-gradients .pasting")
    browser.execute_script("arguments[0].open = true", details)
    field = details.find_element(By.TAG_NAME, "textarea")
    field.clear()
    field.send_keys(text)
    button(browser, "Use these points").send_keys(Keys.ENTER)
    return details.find_element(By.CLASS_NAME, "wrong").text


@pytest.mark.parametrize("rule", ["plain", "momentum", "nesterov"])
def test_fifty_steps_are_those_of_torchref(rule, opened):
    """Batch and sample by sample, with the same data and settings."""
    browser = opened()
    sliders(browser, "a")[0].send_keys(Keys.ARROW_LEFT * 6)  # within the border of Nesterov too
    settle(browser, "a", rule)
    settle(browser, "b", rule, batch=False)
    step(browser, 50)
    for name, batch, run in zip("ab", (True, False), runs(browser), strict=True):
        assert run["step"] == 50
        expected = trained(50, rule, batch, rate(browser, name))
        assert [run["weight"], run["bias"]] == pytest.approx(expected, rel=ROUNDING, abs=0)
        pred = torchref.linear(torchref.tensor(X), torchref.tensor([[run["weight"]]]), torchref.tensor([run["bias"]]))
        loss = torchref.squared_error(pred, torchref.tensor(Y)).item()
        assert run["loss"] == pytest.approx(loss, rel=ROUNDING, abs=0)


def test_settings_hold_for_the_whole_run(opened):
    """A setting that changes after the steps gives the path that it gives before them."""
    browser = opened()
    step(browser, 20)
    settle(browser, "a", "nesterov", batch=False)
    late = runs(browser)
    browser = opened()
    settle(browser, "a", "nesterov", batch=False)
    step(browser, 20)
    assert runs(browser) == late


def test_going_back_restores_exactly(opened):
    """Each state as it was, down to the start and no further."""
    browser = opened()
    settle(browser, "b", "nesterov", batch=False)
    seen = [runs(browser)]
    for _ in range(12):
        step(browser, 1)
        seen.append(runs(browser))
    for before in [*seen[-2::-1], seen[0]]:
        button(browser, "Step back").click()
        assert runs(browser) == before
    step(browser, 12)
    assert runs(browser) == seen[-1]
    button(browser, "Start over").click()
    assert runs(browser) == seen[0]


@pytest.mark.parametrize("rule", ["plain", "momentum", "nesterov"])
def test_border(rule, opened):
    """Within it the loss falls, at the next rate it grows out of range; the mark on the scale stands between."""
    browser = opened()
    settle(browser, "a", rule)
    slider, limit = sliders(browser, "a")[0], border(browser, "a")
    slider.send_keys(Keys.HOME)
    while rate(browser, "a") < limit:
        slider.send_keys(Keys.ARROW_RIGHT)
    assert "beyond" in panel(browser, "a").find_element(By.CLASS_NAME, "about").text
    beyond = rate(browser, "a")
    share = float(slider.get_attribute("value")) - float(slider.get_attribute("min"))
    share /= float(slider.get_attribute("max")) - float(slider.get_attribute("min"))
    mark = float(
        panel(browser, "a").find_element(By.CSS_SELECTOR, ".scale .border").get_attribute("style").split()[1][:-1]
    )
    assert share - 1.5 / 72 <= mark <= share + 0.5 / 72  # the rate of a place is rounded to two digits
    browser.execute_script("for (let i = 0; i < 500; i++) arguments[0].click()", button(browser, "Step"))
    assert runs(browser)[0]["step"] < 500
    text = f"A: the loss has grown out of range after step {runs(browser)[0]['step']}: the learning rate {beyond:g} is "
    assert text + f"beyond the border {limit:g}." in said(browser)
    slider.send_keys(Keys.ARROW_LEFT)
    assert rate(browser, "a") < limit
    assert "beyond" not in panel(browser, "a").find_element(By.CLASS_NAME, "about").text
    assert runs(browser)[0]["step"] == 500
    step(browser, 1)
    assert runs(browser)[0]["step"] == 500
    button(browser, "Start over").click()
    start = runs(browser)[0]["loss"]
    browser.execute_script("for (let i = 0; i < 500; i++) arguments[0].click()", button(browser, "Step"))
    assert runs(browser)[0]["loss"] < start


def test_divergence_stops(opened):
    """A run that is out of range stands still, the other goes on; when both are, nothing moves."""
    browser = opened()
    sliders(browser, "a")[0].send_keys(Keys.END)
    step(browser, 30)
    first, second = runs(browser)
    assert first["step"] < 30 == second["step"]
    assert "A: the loss has grown out of range" in said(browser)
    assert "Step 30: B has a loss of" in said(browser)
    sliders(browser, "b")[0].send_keys(Keys.END)
    settle(browser, "b", "momentum", batch=False)
    before = runs(browser)
    assert "is beyond the border 0.1067 of the batch" in said(browser)
    step(browser, 3)
    button(browser, "Play").click()
    WebDriverWait(browser, 10).until(lambda _: button(browser, "Play"))
    assert runs(browser) == before
    button(browser, "Step back").click()
    assert runs(browser) != before


def test_plays_and_pauses(opened):
    """Play moves by itself, Pause holds."""
    browser = opened()
    button(browser, "Play").click()
    WebDriverWait(browser, 10).until(lambda _: runs(browser)[0]["step"] > 3)
    assert said(browser) == "Playing."
    button(browser, "Pause").click()
    held = runs(browser)
    browser.execute_async_script("setTimeout(arguments[0], 400)")
    assert runs(browser) == held
    assert said(browser).startswith(f"Step {held[0]['step']}: ")


def test_no_motion_where_it_is_not_wanted(opened):
    """One steps by hand."""
    browser = opened(motion="reduce")
    assert not button(browser, "Play").is_displayed()
    step(browser, 1)
    assert runs(browser)[0]["step"] == 1


def centre(browser, selector):
    """The centre of an element in the window."""
    script = "const box = document.querySelector(arguments[0]).getBoundingClientRect();"
    return browser.execute_script(f"{script} return [box.x + box.width / 2, box.y + box.height / 2]", selector)


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_start_by_pointer(size, opened):
    """A click sets the start of both runs, the ring can be dragged, the path follows."""
    browser = opened(size)
    step(browser, 5)
    surface = browser.find_element(By.CSS_SELECTOR, "#widget-gradients .surface")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", surface)
    x, y = centre(browser, ".surface")
    ActionChains(browser).move_to_element_with_offset(surface, -60, 40).click().perform()
    assert centre(browser, ".start .ring") == pytest.approx([x - 60, y + 40], abs=8)
    clicked = runs(browser)
    assert {run["step"] for run in clicked} == {5}
    ring = browser.find_element(By.CSS_SELECTOR, "#widget-gradients .start .ring")
    ActionChains(browser).click_and_hold(ring).move_by_offset(30, -50).release().perform()
    assert centre(browser, ".start .ring") == pytest.approx([x - 30, y - 10], abs=16)
    assert runs(browser) != clicked
    button(browser, "Start over").click()
    first, second = runs(browser)
    assert first == second


def test_start_by_keys(opened):
    """The arrows move the ring, and torchref from the same start arrives at the same weights."""
    browser = opened()
    ring = browser.find_element(By.CSS_SELECTOR, "#widget-gradients .start")
    ring.send_keys(Keys.ARROW_LEFT * 3 + Keys.ARROW_UP * 4 + Keys.ARROW_RIGHT + Keys.ARROW_DOWN)
    start = runs(browser)[0]
    assert start["weight"] < 0 < start["bias"]
    assert f"w {start['weight']:g}, b {start['bias']:g}" in ring.get_attribute("aria-label")
    step(browser, 50)
    expected = trained(50, "plain", True, rate(browser, "a"), start=(start["weight"], start["bias"]))
    assert [runs(browser)[0]["weight"], runs(browser)[0]["bias"]] == pytest.approx(expected, rel=ROUNDING, abs=0)


def test_own_points(opened):
    """Pasted points take the place of the others, in numbers and in the border."""
    browser = opened()
    assert paste(browser, "x, target\n1, 30\n2.5, 20\n4, 12.5\n") == ""
    lr = rate(browser, "a")
    assert lr < border(browser, "a")
    step(browser, 50)
    expected = trained(50, "plain", True, lr, [[1.0], [2.5], [4.0]], [[30.0], [20.0], [12.5]])
    assert [runs(browser)[0]["weight"], runs(browser)[0]["bias"]] == pytest.approx(expected, rel=ROUNDING, abs=0)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("1, 2\n3, four", "line 2: four is no number"),
        ("1, 2, 3", "line 1 has 3 values, expected 1 and a target"),
        ("# nothing", "no points, expected lines such as 2, 1.5"),
        ("1, 2\n1, 3", "the inputs are nearly all the same, expected at least two that differ"),
        ("1, 2\n2, 1e300", "line 2: 1e300 is too large, expected at most 1e6"),
        ("1, 2\n" * 101, "101 points, expected at most 100"),
    ],
)
def test_bad_points_are_one_line(text, line, opened):
    """The points and the steps stay."""
    browser = opened()
    step(browser, 3)
    before = runs(browser)
    assert paste(browser, text) == line
    assert runs(browser) == before
    step(browser, 47)
    expected = trained(50, "plain", True, rate(browser, "a"))
    assert [runs(browser)[0]["weight"], runs(browser)[0]["bias"]] == pytest.approx(expected, rel=ROUNDING, abs=0)


def printed(browser, language, folder):
    """The last line of each run that the copied program prints, as numbers."""
    program = browser.find_element(By.CSS_SELECTOR, "#widget-gradients .copying pre")
    browser.execute_script("arguments[0].hidden = true", program)
    button(browser, f"Copy as {language}").click()
    WebDriverWait(browser, 10).until(lambda _: program.is_displayed())
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    command = [sys.executable, "-c", program.text]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=folder, env=environment)
    assert done.stderr == ""
    _, *parts = re.split(r"[AB]: .*\n", done.stdout)
    return [[float(value) for value in part.splitlines()[-1].split()] for part in parts]


def shown(browser, name):
    """The numbers of one run in its table."""
    return [float(cell.text) for cell in panel(browser, name).find_elements(By.TAG_NAME, "td")]


@pytest.mark.parametrize("language", ["NumPy", "PyTorch"])
def test_programs_print_the_numbers_shown(language, opened, tmp_path):
    """After fifty steps, with another rule, from another start, and out of range."""
    browser = opened()
    step(browser, 50)
    assert printed(browser, language, tmp_path) == [shown(browser, "a"), shown(browser, "b")]
    browser.find_element(By.CSS_SELECTOR, "#widget-gradients .start").send_keys(Keys.ARROW_LEFT * 3 + Keys.ARROW_UP)
    sliders(browser, "a")[0].send_keys(Keys.END)
    settle(browser, "b", "nesterov", batch=False)
    assert shown(browser, "a")[0] < shown(browser, "b")[0] == 50
    assert printed(browser, language, tmp_path) == [shown(browser, "a"), shown(browser, "b")]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_accessible(size, scheme, opened):
    """axe finds nothing, nothing is wider than the screen, and what is pressed is large enough for a finger."""
    browser = opened(size, scheme)
    sliders(browser, "a")[0].send_keys(Keys.END)
    settle(browser, "b", "momentum", batch=False)
    step(browser, 10)
    paste(browser, "1, 2, 3")
    button(browser, "Copy as NumPy").click()
    found = [(v["id"], v["nodes"][0]["html"][:200]) for v in Axe().run(browser, "#widget-gradients")["violations"]]
    assert found == []
    assert browser.execute_script("return document.documentElement.scrollWidth") <= size[0]
    script = "return [...document.querySelectorAll('#widget-gradients button')].map(b => b.getBoundingClientRect())"
    assert all(box["width"] >= 44 <= box["height"] for box in browser.execute_script(script))


def test_still_without_scripts(opened, browser):
    """A picture that stands, and nothing that needs a script."""
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        opened()
        still = browser.find_element(By.CSS_SELECTOR, "#widget-gradients .still img")
        assert still.is_displayed()
        assert still.size["height"] > 200
        assert browser.find_elements(By.CSS_SELECTOR, "#widget-gradients button") == []
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    assert not opened().find_elements(By.CSS_SELECTOR, "#widget-gradients .still")
