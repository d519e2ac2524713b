"""The picture of a small net: its numbers against PyTorch, by keys and by pointer, and the programs that it copies."""

import json
import re
import subprocess
import sys

import numpy as np
import pytest

selenium = pytest.importorskip("selenium", reason="selenium is not installed")
torch = pytest.importorskip("torch", reason="PyTorch is not installed")

from axe_core_python.selenium import Axe  # noqa: E402
from selenium.webdriver import ActionChains, Keys  # noqa: E402
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.support.ui import Select, WebDriverWait  # noqa: E402

from scratch import load_data  # noqa: E402

pytestmark = pytest.mark.slow
WIDE, PHONE = (1440, 900), (390, 844)
# One epoch rounds each weight by a few parts in 10^16, and later epochs carry that on. In 50 epochs here the gap grows
# to some parts in 10^14: a wrong formula, or one in float32, is off by more than 10^-8.
CLOSE = {"rtol": 1e-11, "atol": 1e-13}
NAMES = ["fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"]
STAGES = ["x", "z₁", "a₁", "z₂", "p", "L", "∂z₂", "∂W₂", "∂a₁", "∂z₁", "∂W₁", "step"]


@pytest.fixture
def opened(opened):
    """Opens the lesson."""
    return lambda *args, **options: Widget(opened("networks", *args, **options))


class Widget:
    """The picture as a reader has it."""

    def __init__(self, browser):
        self.browser = browser
        self.root = browser.find_element(By.ID, "widget-networks")

    def state(self):
        """The numbers behind the picture."""
        return self.browser.execute_script("return document.getElementById('widget-networks').state()")

    def button(self, name):
        """The button with this label."""
        return self.root.find_element(By.XPATH, f".//button[normalize-space()='{name}']")

    def labelled(self, name, tag):
        """The control with this label."""
        return self.root.find_element(By.XPATH, f".//label[span[normalize-space()='{name}']]//{tag}")

    def press(self, name, times=1):
        """Reach a button by focus and press it by key."""
        self.browser.execute_script("arguments[0].focus()", self.button(name))
        self.browser.switch_to.active_element.send_keys(Keys.SPACE * times)

    def choose(self, label, value):
        """Choose from a list."""
        Select(self.labelled(label, "select")).select_by_value(value)

    def slide(self, label, keys):
        """Move a slider by keys."""
        self.labelled(label, "input").send_keys(keys)

    def text(self, selector):
        """What stands there."""
        return self.root.find_element(By.CSS_SELECTOR, selector).text

    def stage(self):
        """Where the walk is."""
        return self.text("[aria-current=step]")

    def paste(self, text):
        """Use these points."""
        details = self.root.find_element(By.CLASS_NAME, "pasting")
        self.browser.execute_script("arguments[0].open = true", details)
        field = details.find_element(By.TAG_NAME, "textarea")
        field.clear()
        field.send_keys(text)
        self.press("Use these points")

    def program(self, language):
        """The program that is copied."""
        self.press(f"Copy as {language}")
        shown = self.root.find_element(By.CSS_SELECTOR, ".copying pre")
        WebDriverWait(self.browser, 5).until(lambda _: shown.is_displayed())
        return shown.get_attribute("textContent")


def net_of(weights):
    """PyTorch's net with these weights."""
    hidden = len(weights["fc1.bias"])
    net = torch.nn.Sequential(torch.nn.Linear(2, hidden), torch.nn.Tanh(), torch.nn.Linear(hidden, 1)).double()
    values = [torch.tensor(weights[name], dtype=torch.float64) for name in NAMES]
    net.load_state_dict(dict(zip(net.state_dict(), values, strict=True)))
    return net


def points(name):
    """Points and targets 0 or 1."""
    x, y = load_data(name)
    return torch.tensor(x), torch.tensor((y + 1) / 2)


def trained(weights, steps, lr, momentum):
    """PyTorch's weights and gradients after these steps, a batch each; the optimizer is real."""
    net, loss = net_of(weights), torch.nn.BCEWithLogitsLoss()
    optimizer = torch.optim.SGD(net.parameters(), lr=lr, momentum=momentum)
    for x, target in steps:
        optimizer.zero_grad()
        loss(net(x), target).backward()
        optimizer.step()
    return net


def expect_weights(weights, net):
    """The same as PyTorch's, up to rounding."""
    for name, wanted in zip(NAMES, net.parameters(), strict=True):
        np.testing.assert_allclose(weights[name], wanted.detach().numpy(), **CLOSE, err_msg=name)


@pytest.mark.parametrize("hidden", ["2", "3", "4"])
@pytest.mark.parametrize("momentum", [0, 0.9])
@pytest.mark.parametrize("name", ["xor", "moons"])
def test_trains_as_pytorch(name, momentum, hidden, opened):
    """Fifty epochs by key: every weight and the loss."""
    widget = opened()
    widget.choose("Data", name)
    widget.choose("Hidden neurons", hidden)
    if momentum == 0:
        widget.slide("Momentum", Keys.HOME)
    start = widget.state()["weights"]
    widget.press("Train one epoch", 50)
    state = widget.state()
    net = trained(start, [points(name)] * 50, 0.5, momentum)
    expect_weights(state["weights"], net)
    x, target = points(name)
    loss = torch.nn.functional.binary_cross_entropy_with_logits(net(x), target).item()
    assert state["epoch"] == 50
    assert state["loss"] == pytest.approx(loss, rel=1e-11)
    assert widget.text(".readout").startswith(f"Epoch 50: loss {loss:.4g}.")


@pytest.mark.parametrize("hidden", ["2", "3", "4"])
def test_xor_is_learnt(hidden, opened):
    """With the first settings; Play stops there by itself, and the picture says so."""
    widget = opened()
    widget.choose("Hidden neurons", hidden)
    widget.button("Play").click()
    WebDriverWait(widget.browser, 30).until(lambda _: "learnt" in widget.text(".readout"))
    assert widget.button("Play").is_displayed()
    assert "4 of 4" in widget.text(".readout")
    assert widget.state()["loss"] < 0.01


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_class_and_its_side_have_one_colour(scheme, opened):
    """Where xor is learnt, the surface under each point has the colour of the point."""
    widget = opened(scheme=scheme)
    widget.press("Train one epoch", 100)
    script = """const heat = document.querySelector("#widget-networks canvas");
        const box = heat.getBoundingClientRect();
        const pixels = heat.getContext("2d").getImageData(0, 0, heat.width, heat.height).data;
        return [...document.querySelectorAll("#widget-networks .plot .point")].map((point) => {
            const at = point.getBoundingClientRect();
            const x = Math.floor((at.x + at.width / 2 - box.x) / box.width * heat.width);
            const y = Math.floor((at.y + at.height / 2 - box.y) / box.height * heat.height);
            const first = 4 * (y * heat.width + x);
            return [getComputedStyle(point).fill, [...pixels.slice(first, first + 3)]];
        })"""
    found = widget.browser.execute_script(script)
    assert len(found) == 4
    for fill, under in found:
        # What is half transparent is stored rounded.
        assert under == pytest.approx([int(part) for part in re.findall(r"\d+", fill)[:3]], abs=4)


@pytest.mark.parametrize("momentum", [0, 0.9])
def test_walk_equals_autograd(momentum, opened):
    """By key through one sample of moons after some epochs: every value on the way, every gradient, and the step."""
    widget = opened()
    widget.choose("Data", "moons")
    if momentum == 0:
        widget.slide("Momentum", Keys.HOME)
    start = widget.state()["weights"]
    widget.press("Train one epoch", 3)
    widget.choose("Sample", "8")
    before = widget.state()["weights"]
    net = net_of(before)
    x, target = points("moons")
    z1 = net[0](x[7:8])
    a1 = net[1](z1)
    z2 = net[2](a1)
    loss = torch.nn.functional.binary_cross_entropy_with_logits(z2, target[7:8])
    for value in (z1, a1, z2):
        value.retain_grad()
    loss.backward()
    seen = widget.state()["walk"]["seen"]
    for name, value in (("z1", z1), ("a1", a1), ("z2", z2), ("p", torch.sigmoid(z2)), ("loss", loss)):
        np.testing.assert_allclose(seen[name], value.detach().numpy(), **CLOSE, err_msg=name)
    for name, value in (("grad_z1", z1), ("grad_a1", a1), ("grad_z2", z2)):
        np.testing.assert_allclose(seen[name], value.grad.numpy(), **CLOSE, err_msg=name)
    for got, parameter in zip(seen["gradients"], net.parameters(), strict=True):
        np.testing.assert_allclose(got, parameter.grad.numpy(), **CLOSE)
    shown = {}
    for stage in STAGES[1:]:
        widget.press("Next")
        assert widget.stage() == stage
        shown[stage] = widget.text(".lines").replace("−", "-").replace("\u2060", "")
    for stage, value in (("z₁", z1[0, 0]), ("a₁", a1[0, 1]), ("z₂", z2[0, 0]), ("p", torch.sigmoid(z2)), ("L", loss)):
        assert f"= {short(value.item())}" in shown[stage]
    for stage, value in (
        ("∂z₂", z2.grad),
        ("∂W₂", net[2].weight.grad[0, 0]),
        ("∂a₁", a1.grad[0, 0]),
        ("∂z₁", z1.grad[0, 0]),
    ):
        assert f"= {short(value.item())}" in shown[stage]
    row = ", ".join(short(value) for value in net[0].weight.grad[1].tolist())
    assert f"= ({row}), ∂L/∂b₁ = {short(net[0].bias.grad[1].item())}" in shown["∂W₁"]
    after = widget.state()
    steps = [(x, target)] * 3 + [(x[7:8], target[7:8])]
    stepped = trained(start, steps, 0.5, momentum)
    expect_weights(after["weights"], stepped)
    row = ", ".join(short(value) for value in [*stepped[0].weight[0].tolist(), stepped[0].bias[0].item()])
    assert f"= ({row})" in shown["step"]
    assert after["epoch"] == 3


def short(value):
    """A number as the picture shows it, for sizes that are written without an exponent."""
    return np.format_float_positional(float(f"{value:.4g}"), trim="-")


def test_back_restores_exactly(opened):
    """By pointer over two samples and back: the same numbers to the last bit, and forward again the same."""
    widget = opened()
    widget.press("Train one epoch", 5)
    next_, previous = widget.button("Next"), widget.button("Previous")
    states = [widget.state()]
    for _ in range(2 * len(STAGES) + 3):
        next_.click()
        states.append(widget.state())
    assert [state["walk"]["sample"] for state in states[:: len(STAGES)]] == [0, 1, 2]
    assert states[11]["weights"] != states[10]["weights"]
    for state in states[-2::-1]:
        previous.click()
        assert widget.state() == state
    assert previous.get_attribute("aria-disabled") == "true"
    previous.click()
    assert widget.state() == states[0]
    for state in states[1:]:
        next_.click()
        assert widget.state() == state


def test_edges_carry_what_the_stage_says(opened):
    """Weights on the way forward, gradients where they are computed; what the sentence speaks of is highlighted."""
    widget = opened()

    def count(selector):
        return len(widget.root.find_elements(By.CSS_SELECTOR, f".graph {selector}"))

    found = []
    for _ in STAGES:
        found.append((widget.stage(), count(".lit .edge"), count(".pill.lit"), count(".gradient")))
        assert widget.text(".said").startswith(f"{len(found)} of 12")
        assert not widget.root.find_elements(By.XPATH, ".//*[contains(text(), 'undefined') or contains(text(), 'NaN')]")
        widget.press("Next")
    assert found[:5] == [("x", 0, 2, 0), ("z₁", 6, 5, 0), ("a₁", 0, 3, 0), ("z₂", 3, 4, 0), ("p", 0, 2, 0)]
    assert found[5:8] == [("L", 0, 2, 0), ("∂z₂", 0, 2, 0), ("∂W₂", 3, 4, 4)]
    assert found[8:] == [("∂a₁", 3, 4, 0), ("∂z₁", 0, 3, 0), ("∂W₁", 6, 5, 13), ("step", 9, 4, 0)]


def test_a_sample_is_chosen_by_pointer(opened):
    """The point that is touched, or the nearest one."""
    widget = opened(PHONE)
    circle = widget.root.find_elements(By.CSS_SELECTOR, ".plot .point")[2]
    widget.browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", circle)
    ActionChains(widget.browser).move_to_element_with_offset(circle, 3, -9).click().perform()
    state = widget.state()
    assert state["walk"]["sample"] == 2
    assert state["walk"]["seen"]["x"] == [[1, 0]]
    assert Select(widget.labelled("Sample", "select")).first_selected_option.text == "3"


def test_out_of_range_is_said(opened):
    """With the longest steps, whatever trains them; starting over goes on."""
    widget = opened()
    widget.slide("Learning rate", Keys.END)
    assert widget.labelled("Learning rate", "input").get_attribute("aria-valuetext") == "100"
    widget.button("Play").click()
    WebDriverWait(widget.browser, 10).until(lambda _: "out of range" in widget.text(".readout"))
    state = widget.state()
    assert widget.button("Play").is_displayed()
    assert state["loss"] > 20
    widget.press("Train one epoch")
    widget.press("Next", len(STAGES) + 3)
    assert widget.stage() == "∂W₁"
    assert {name: widget.state()[name] for name in ("weights", "epoch")} == {
        name: state[name] for name in ("weights", "epoch")
    }
    widget.press("Start over")
    widget.slide("Learning rate", Keys.HOME)
    widget.press("Train one epoch")
    assert widget.state()["epoch"] == 1
    assert "out of range" not in widget.text(".readout")


def test_starting_over_repeats(opened):
    """The same settings give the same numbers."""
    widget = opened()
    runs = []
    for _ in range(2):
        widget.press("Start over")
        widget.press("Train one epoch", 10)
        runs.append(widget.state())
    assert runs[0] == runs[1]


@pytest.mark.parametrize("text", ["1, 2", "1, 2, 3", "a, 1, 1\n2, 1, -1", "1, 2, 1", "1e999, 0, 1", ""])
def test_wrong_points_lose_nothing(text, opened):
    """One line says what is wrong; data, weights, walk and what was typed stay."""
    widget = opened()
    widget.press("Train one epoch", 2)
    widget.press("Next", 4)
    before = widget.state()
    widget.paste(text)
    said = widget.text(".pasting .wrong")
    assert said
    assert "\n" not in said
    assert widget.state() == before
    assert widget.root.find_element(By.TAG_NAME, "textarea").get_attribute("value") == text


def test_own_points(opened):
    """They are trained as PyTorch trains them, and can be chosen again."""
    widget = opened()
    widget.paste("x1, x2, class\n0, 0, 1\n2, 1, -1\n1, 3, 1\n2, 1.5, -1")
    start = widget.state()["weights"]
    widget.press("Train one epoch", 10)
    x = torch.tensor([[0, 0], [2, 1], [1, 3], [2, 1.5]], dtype=torch.float64)
    target = torch.tensor([[1], [0], [1], [0]], dtype=torch.float64)
    expect_weights(widget.state()["weights"], trained(start, [(x, target)] * 10, 0.5, 0.9))
    widget.choose("Data", "xor")
    widget.choose("Data", "your points")
    assert widget.text(".readout").startswith("Epoch 0")
    assert "4 samples" in widget.text(".readout")


def run_program(text):
    """What a copied program prints: weights by name, and the loss."""
    assert not any(name in text for name in ("scratch", "torchref", "parity"))
    done = subprocess.run([sys.executable, "-I", "-c", text], capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    return {name: json.loads(value) for name, value in (line.split(" ", 1) for line in done.stdout.splitlines())}


def train_whole(widget):
    """Fifty epochs of xor."""
    widget.press("Train one epoch", 50)


def train_mixed(widget):
    """Moons, epochs and steps on single samples, at other settings later on, one step undone."""
    widget.choose("Data", "moons")
    widget.choose("Hidden neurons", "4")
    widget.press("Train one epoch", 20)
    widget.choose("Sample", "12")
    widget.press("Next", 2 * len(STAGES))
    widget.press("Previous")
    widget.press("Previous")
    widget.press("Next")
    widget.slide("Momentum", Keys.HOME)
    widget.slide("Learning rate", Keys.ARROW_LEFT)
    widget.press("Train one epoch", 5)
    widget.slide("Momentum", Keys.ARROW_RIGHT * 4)
    widget.press("Train one epoch", 5)


def train_own(widget):
    """Points of the reader."""
    widget.paste("0, 0, 1\n2, 1, -1\n1e-7, 3, 1")
    widget.press("Train one epoch", 3)


@pytest.mark.parametrize("language", ["NumPy", "PyTorch"])
@pytest.mark.parametrize("training", [lambda _: None, train_whole, train_mixed, train_own])
def test_copied_programs(training, language, opened):
    """They print the weights and the loss that the picture shows."""
    widget = opened()
    training(widget)
    printed = run_program(widget.program(language))
    state = widget.state()
    assert printed.pop("loss") == pytest.approx(state["loss"], rel=1e-11)
    assert list(printed) == NAMES
    for name, value in printed.items():
        np.testing.assert_allclose(value, state["weights"][name], **CLOSE, err_msg=name)


def test_table_is_the_alternative(opened):
    """Every weight and every gradient of the graph, in words."""
    widget = opened()
    widget.root.find_element(By.XPATH, ".//summary[.='All numbers']").click()
    WebDriverWait(widget.browser, 5).until(
        lambda _: len(widget.root.find_elements(By.CSS_SELECTOR, ".numbers tbody tr")) == 13
    )
    widget.press("Next", 2)
    rows = [row.text for row in widget.root.find_elements(By.CSS_SELECTOR, ".numbers tbody tr")]
    assert rows[1].startswith("fc1.weight[0, 1] −0.4 ")
    assert rows[-1].startswith("fc2.bias[0] −0.6 ")
    assert "table" in widget.root.find_element(By.CLASS_NAME, "graph").get_attribute("aria-label")


def test_by_keys_alone(opened):
    """Every control is reached by tabulator, in the order of the page."""
    widget = opened()
    widget.labelled("Data", "select").send_keys("")
    seen = []
    for _ in range(14):
        active = widget.browser.switch_to.active_element
        seen.append(active.text.split("\n")[0] if active.tag_name != "input" else "slider")
        active.send_keys(Keys.TAB)
    assert seen[2:5] == ["slider", "slider", "Start over"]
    assert seen[6:10] == ["Previous", "Next", "Train one epoch", "Play"]
    assert seen[10:] == ["All numbers", "Your own points", "Copy as NumPy", "Copy as PyTorch"]


def test_no_motion_where_not_wanted(opened):
    """There one trains by hand."""
    widget = opened(motion="reduce")
    assert [
        b.text for b in widget.root.find_elements(By.TAG_NAME, "button") if "Play" in b.get_attribute("textContent")
    ] == [""]
    widget.press("Train one epoch")
    assert widget.state()["epoch"] == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, WIDE], ids=["phone", "wide"])
def test_accessible(size, scheme, opened):
    """axe finds nothing at any stage; nothing is wider than the screen, and what is touched is 44 pixels high."""
    widget = opened(size, scheme)
    widget.choose("Hidden neurons", "4")
    for details in widget.root.find_elements(By.TAG_NAME, "details"):
        widget.browser.execute_script("arguments[0].open = true", details)
    widget.program("NumPy")
    for presses in (0, 7, 4):
        widget.press("Next", presses)
        found = [
            (v["id"], v["nodes"][0]["html"][:200]) for v in Axe().run(widget.browser, "#widget-networks")["violations"]
        ]
        assert found == []
        assert widget.browser.execute_script("return document.documentElement.scrollWidth") <= size[0]
    for control in widget.root.find_elements(By.CSS_SELECTOR, "button, select, summary, input"):
        assert control.size["height"] >= 44, control.text


@pytest.mark.parametrize("hidden", ["2", "3", "4"])
def test_labels_do_not_overlap(hidden, opened):
    """Neither on each other nor on the neurons."""
    widget = opened()
    widget.choose("Hidden neurons", hidden)
    script = """return [...document.querySelectorAll('#widget-networks .graph :is(rect, text)')]
        .filter(e => !e.matches('.pill text')).map(e => e.getBoundingClientRect())
        .map(b => [b.left, b.top, b.right, b.bottom])"""
    for _ in STAGES:
        boxes = sorted(widget.browser.execute_script(script), key=lambda box: box[1])
        clashes = [
            (a, b)
            for i, a in enumerate(boxes)
            for b in boxes[i + 1 :]
            if min(a[2], b[2]) - max(a[0], b[0]) > 1 and min(a[3], b[3]) - max(a[1], b[1]) > 4
        ]
        assert clashes == []
        widget.press("Next")


def test_still_without_scripts(site, browser, opened):
    """A picture stands there, and nothing to press."""
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.get((site / "networks.html").as_uri())
        assert browser.find_element(By.CSS_SELECTOR, "#widget-networks .still img").is_displayed()
        assert browser.find_elements(By.CSS_SELECTOR, "#widget-networks button") == []
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
