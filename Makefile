# Two commands are enough to start: make parity, make test.
PYTHON ?= python3
BIN = .venv/bin
# The properties run through `parity check`, in the tests of the README.
PYTEST = $(BIN)/python -m pytest -n 2 --ignore-glob='parity/properties/test_*.py'
# Without bytecode every process compiles everything again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: parity test test-all test-machines test-numpy test-consumers lint site site-test bench benchmark nightly mutants clean

parity: .venv/ready
	$(BIN)/parity check

test: .venv/ready
	$(PYTEST) -m "not slow"

# Also the slow tests: every known mistake, every solution, the notebooks, the site in a browser.
test-all: .venv/ready
	$(PYTEST)

# The tests with figures or text, as on the machines of tests/machines.py: all, or MACHINES="sse away".
test-machines: .venv/ready
	$(BIN)/python tests/machines.py $(MACHINES)

# Everything that needs no PyTorch, in a separate environment without it: quick to create for another Python.
test-numpy:
	$(PYTHON) -m venv build/numpy
	build/numpy/bin/pip install --quiet -c constraints.txt -e '.[parity,plot,safetensors]'
	build/numpy/bin/parity check --reference scratch
	build/numpy/bin/python -m pytest -n 2 scratch tests/test_rounding.py tests/test_mistakes.py tests/test_examples.py

# The reports, read by nbgrader, Otter-Grader and junitparser, in a separate environment that has these.
test-consumers:
	$(PYTHON) -m venv build/consumers
	build/consumers/bin/pip install --quiet -c constraints.txt -e '.[parity,plot,consumers]'
	build/consumers/bin/python -m pytest tests/consumers

lint: .venv/ready
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

# The course in site/, with new evidence: its pages, and its notebooks in site/notebooks/.
site: .venv/ready
	$(BIN)/parity check --json evidence.json
	$(BIN)/parity page -o site

# The page in a real browser; `make test-all` includes it if there is a browser.
site-test: .venv/ready
	@command -v chromium chromedriver || echo "first: apt-get install chromium chromium-driver"
	$(BIN)/python -m pytest -n 2 tests/browser

# One table: scratch, scratch.fast, PyTorch and scikit-learn for the same weights.
bench: .venv/ready
	$(BIN)/pip install --quiet -c constraints.txt scikit-learn
	$(BIN)/python benchmarks/bench.py

benchmark: .venv/ready
	$(BIN)/pip install --quiet -c constraints.txt scikit-learn
	for file in benchmarks/*.py; do $(BIN)/python $$file; done

# A million examples, different ones every night.
nightly: .venv/ready
	$(BIN)/parity check --examples 8500 --seed $$(date +%Y%m%d) --json nightly.json

# Hundreds of mutated versions of scratch: which of them does no property detect?
mutants: .venv/ready
	$(BIN)/pip install --quiet -c constraints.txt mutmut
	$(BIN)/python tests/mutants.py --max-children 2

.venv/ready: setup.cfg pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet -c constraints.txt -e '.[all,dev]'
	touch $@

clean:
	rm -rf .venv build site evidence.json *.egg-info
