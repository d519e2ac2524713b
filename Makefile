# Two commands do all the set-up: make parity, make test.
PYTHON ?= python3
BIN = .venv/bin

.PHONY: parity test lint benchmark nightly mutants clean

parity: .venv/ready
	$(BIN)/parity check

test: .venv/ready
	$(BIN)/parity check
	$(BIN)/python -m pytest -n 2

lint: .venv/ready
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

benchmark: .venv/ready
	for file in benchmarks/*.py; do $(BIN)/python $$file; done

# A million examples, other ones every night; and every known mistake, those of whole nets too.
nightly: .venv/ready
	PARITY_ALL=1 $(BIN)/python -m pytest -n 2 tests/test_check.py
	$(BIN)/parity check --examples 8500 --seed $$(date +%Y%m%d) --json nightly.json

# Wrong versions of scratch, made by the hundred: which of them does no property notice?
mutants: .venv/ready
	$(BIN)/pip install --quiet -c constraints.txt mutmut
	$(BIN)/python tests/mutants.py --max-children 2

.venv/ready: setup.cfg pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet -c constraints.txt -e '.[all,dev]'
	touch $@

clean:
	rm -rf .venv build *.egg-info
