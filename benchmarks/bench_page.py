"""The time of ``parity page``, the size of its files, and the time of a step of each moving picture on a phone.

    python benchmarks/bench_page.py

Exit code 1 if a goal is missed. The pictures need selenium, chromium and chromedriver.
"""

import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from selenium.webdriver import Chrome, ChromeOptions

GOALS = {"from nothing": 60.0, "nothing changed": 5.0}
LARGEST = {".html": 300, ".svg": 200}
WHOLE = 4000
FRAME = 16.0
SLOWER = 4  # times, as a phone
# The button that takes a step, and what is chosen before.
STEPS = {"perceptron": ("Sample →", "xor"), "gradients": ("Step", None), "networks": ("Train one epoch", "moons")}
STEP = """
const widget = document.getElementById(`widget-${arguments[0]}`);
const button = [...widget.querySelectorAll("button")].find((each) => each.textContent === arguments[1]);
const choice = widget.querySelector("select");
if (arguments[2]) { choice.value = arguments[2]; choice.dispatchEvent(new Event("change", {bubbles: true})); }
const times = Array.from({length: 60}, () => {
    const begun = performance.now();
    button.click();
    return performance.now() - begun;
});
return times.sort((a, b) => a - b)[30];
"""


def main():
    """Print one line for each figure; return the exit code."""
    met = []
    with TemporaryDirectory() as folder:
        for what, goal in GOALS.items():
            started = time.perf_counter()
            command = [sys.executable, "-m", "parity", "page", "-o", f"{folder}/site"]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            met.append(told(what, time.perf_counter() - started, goal, "s"))
        sizes = {path: path.stat().st_size / 1000 for path in Path(folder).rglob("*") if path.is_file()}
        for suffix, goal in LARGEST.items():
            path = max((path for path in sizes if path.suffix == suffix), key=lambda path: sizes[path])
            met.append(told(path.name, sizes[path], goal, "KB"))
        met.append(told("the whole site", sum(sizes.values()), WHOLE, "KB"))
        for name, milliseconds in steps(Path(folder) / "site"):
            met.append(told(f"a step of {name}", milliseconds, FRAME, "ms"))
    return 0 if all(met) else 1


def told(what, figure, goal, unit):
    """Print a figure beside its goal; return whether it is met."""
    print(f"{what:<22}{figure:8.1f} {unit:<3} {'met' if figure < goal else 'MISSED'} (goal {goal:g} {unit})")
    return figure < goal


def steps(site):
    """The median time of a step of each moving picture, in milliseconds."""
    options = ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu"):
        options.add_argument(argument)
    browser = Chrome(options)
    try:
        for name, (button, chosen) in STEPS.items():
            browser.get((site / f"{name}.html").as_uri())
            browser.execute_cdp_cmd("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
            yield name, browser.execute_script(STEP, name, button, chosen)
    finally:
        browser.quit()


if __name__ == "__main__":
    sys.exit(main())
