# Two commands do all the set-up: make parity, make test.
PYTHON ?= python3
BIN = .venv/bin

.PHONY: parity test lint benchmark clean

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

.venv/ready: setup.cfg pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet -c constraints.txt -e '.[all,dev]'
	touch $@

clean:
	rm -rf .venv build *.egg-info
