"""The time of ``parity check``: everything, a partial module, a wrong one, and many submissions."""

import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

PARTIAL = """
from scratch import perceptron_step, perceptron_epoch, train_perceptron
from scratch import neuron_gradients, gradient_step, gradient_epoch, train_gradient
"""
WRONG = """
from scratch import *
from scratch import sigmoid_backward as right

def sigmoid_backward(z, grad_output):
    return grad_output * z * (1 - z)
"""


def seconds(*arguments, until=""):
    """Seconds from the start of the command to its last row, or to the first row that contains a word."""
    started = time.perf_counter()
    command = [sys.executable, "-u", "-m", "parity", "check", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            if until and until in line:
                process.kill()
                return time.perf_counter() - started
    return time.perf_counter() - started


def main():
    """Print one line for each figure."""
    with TemporaryDirectory() as folder:
        partial, wrong = Path(folder) / "partial.py", Path(folder) / "wrong.py"
        partial.write_text(PARTIAL)
        wrong.write_text(WRONG)
        print(f"everything, against torchref                    {seconds():6.1f} s")
        for reference in ("torchref", "scratch"):
            first = seconds("--reference", reference, until="contract: ")
            print(f"its first row, against {reference:8}                 {first:6.2f} s")
        print(f"perceptron and gradient only, against torchref  {seconds(partial):6.1f} s")
        print(f"first failure of a wrong whole backend          {seconds(wrong, until='DIFFERENT'):6.1f} s")
        times = {}
        for count in (10, 20, 40):
            files = [Path(folder) / f"student_{count}_{i}.py" for i in range(count)]
            for file in files:
                file.write_text("from scratch import sign, perceptron_step\n")
            times[count] = seconds(*files, "--reference", "scratch")
            print(f"{count} submissions of two functions                {times[count]:6.1f} s")
        for few, more in ((10, 20), (20, 40)):
            each = (times[more] - times[few]) / (more - few)
            print(f"each further submission, from {few} to {more}           {each:6.2f} s")


if __name__ == "__main__":
    main()
