# Every target sets up what it needs; a machine with Python 3.11+, make and a package registry is enough.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

# Compiled modules are kept: without them each process of a run compiles Prefect anew, a second a time.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo test unit lint format bench sandbox lock clean

help: ## Show the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## Create the virtual environment from the lock file

$(STAMP): requirements-dev.lock
	@$(PYTHON) -c 'import sys; sys.exit("Capstan needs Python 3.11 or newer; set PYTHON=/path/to/python3.11" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	@# Without --no-deps the pip of Python 3.11 takes the extra in sqlalchemy[asyncio] for a package without hash.
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes --no-deps -r requirements-dev.lock
	$(BIN)/python -m pip check --disable-pip-version-check
	@touch $@

demo: $(STAMP) ## A control plane, a Prefect server with its UI, a worker, and a tour; ONCE=1 ends after the tour
	$(BIN)/python -m sandbox demo $(if $(ONCE),--once)

sandbox: $(STAMP) ## Fetch or build the binaries of the local control plane
	$(BIN)/python -m sandbox build

unit: $(STAMP) ## The tests that touch nothing, in seconds
	$(BIN)/python -m pytest -n auto --dist loadgroup tests/unit

lint: $(STAMP) ## Format, style, types, import contracts, spelling
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell

format: $(STAMP) ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

test: lint sandbox unit ## Lint and every tier of tests
	$(BIN)/python -m pytest --ignore tests/unit

bench: sandbox ## Measure against kubectl in the same run
	$(BIN)/python -m tests.bench

COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
  --no-emit-index-url --no-annotate --custom-compile-command 'make lock' pyproject.toml

lock: $(STAMP) ## Compile the lock files anew; ARGS=--upgrade takes newer versions
	$(COMPILE) $(ARGS) -o requirements.lock
	$(COMPILE) $(ARGS) -c requirements.lock --extra dev -o requirements-dev.lock
	$(COMPILE) $(ARGS) -c requirements.lock --extra production -o requirements-production.lock

clean: ## Remove what the targets made inside this folder
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
