PYTHON ?= python3
NPM ?= npm
JOBS ?= 2

BIN := .venv/bin
LOCKED := .venv/.locked
PACKAGE := .venv/.package
NODE := node_modules/.installed
TYPING := build/typing/zkpot
ROOTS := compiler circuits templates prover consensus cli
PYTEST := $(BIN)/pytest -q -n $(JOBS) --dist loadfile

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-long soundness check bench wheel lock clean

help: ## what the targets do
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

setup: $(PACKAGE) $(NODE) ## everything the project needs, into .venv and node_modules

demo: setup ## the main job on real data: train, prove, catch the cheats, rank
	$(BIN)/zkpot demo

test: check $(NODE) ## the checks, then every test of under a minute
	$(PYTEST) -m "not long"

test-long: setup ## the tests of over a minute
	$(PYTEST) -m long

soundness: setup ## liars, uniqueness, mutants, attacks and fuzzing, with their counts
	$(PYTEST) tests/soundness

check: $(PACKAGE) $(TYPING) ## format, lint, types, and who may import what
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/mypy $(wildcard tools/*.py)
	$(BIN)/python tools/check_imports.py

bench: setup ## the figures in the documents, measured on this machine
	$(BIN)/python -m bench

wheel: $(PACKAGE) ## dist/: a source archive, and the wheel made from it
	rm -rf dist
	$(BIN)/python -m build --no-isolation

lock: ## choose the newest versions that pyproject.toml allows, into requirements*.lock
	$(PYTHON) -m venv build/lock
	build/lock/bin/pip install --quiet 'setuptools>=77' '.[demo,dev]'
	build/lock/bin/pip freeze --all --exclude pip --exclude zkpot > requirements.lock
	build/lock/bin/pip install --quiet '.[train]'
	build/lock/bin/pip freeze --all --exclude pip --exclude zkpot | \
	  grep -vxFf requirements.lock > requirements-train.lock
	rm -rf build/lock build/lib build/bdist.*

clean: ## remove everything that make made
	rm -rf .venv node_modules build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -not -path './.git/*' -prune -exec rm -rf {} +

$(LOCKED): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "zkpot needs Python 3.11 or later; name one: make PYTHON=python3.12 …" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.lock
	@touch $@

# An editable install maps zkpot.* onto these folders; what setup.py finds at the time is its index.
$(PACKAGE): $(LOCKED) pyproject.toml setup.py
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(NODE): package.json package-lock.json
	@node -e 'process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)' 2>/dev/null || { \
	  echo "zkpot needs Node.js 18 or later, with npm, on PATH" >&2; exit 1; }
	$(NPM) ci --ignore-scripts --no-audit --no-fund
	@touch $@

# mypy doesn't follow the hook of an editable install: links in the shape of the import names do.
$(TYPING): Makefile
	rm -rf $@
	mkdir -p $@
	@for root in $(ROOTS); do ln -s ../../../$$root $@/$$root; done
