# Everything a person or a machine does with this project. `make` alone lists it.

PYTHON ?= python3
SERVE ?= 1
BIN := .venv/bin

# Real public files (FDA directory, sample messages) used by some tests where they exist; they are no part of the project.
ifneq ($(wildcard ../shared/data),)
export OFFICINA_REFERENCE_DATA ?= $(abspath ../shared/data)
endif

.DEFAULT_GOAL := help
.PHONY: help install setup demo test test-sqlite test-postgresql test-browser check format bench drill screenshots understood lock clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' Makefile | awk -F'|' '{ printf "  make %-16s %s\n", $$1, $$2 }'

install: $(BIN)/.runtime ## a virtual environment with what it runs on, from the lock file

setup: $(BIN)/.dev ## a virtual environment with everything, from the lock files

demo: $(BIN)/.runtime ## set up, play a working day, print the summary, serve on 127.0.0.1:8000 (SERVE=0 stops before serving)
	OFFICINA_HOME=$(CURDIR)/.demo $(BIN)/officina demo $(if $(filter 0,$(SERVE)),--no-serve)

test: $(BIN)/.dev ## check, then every test: on SQLite, on PostgreSQL, in Chromium
	@$(BIN)/python tools/run_tests.py

test-sqlite test-postgresql test-browser: test-%: $(BIN)/.dev
	@$(BIN)/python tools/run_tests.py $*

check: export OFFICINA_HOME = $(CURDIR)/.cache/home
check: $(BIN)/.dev ## lint, format, types, import contracts, known weaknesses of what we stand on
	@status=0; \
	$(BIN)/ruff check --output-format concise || status=1; \
	$(BIN)/ruff format --check --output-format concise || status=1; \
	$(BIN)/mypy || status=1; \
	MYPYPATH=tests $(BIN)/mypy tools || status=1; \
	$(BIN)/lint-imports || status=1; \
	$(BIN)/python tools/audit_dependencies.py requirements.lock requirements-dev.lock || status=1; \
	exit $$status

format: $(BIN)/.dev ## put the code into the house's format and mend what ruff can mend
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: $(BIN)/.dev ## measure, on both databases, with the machine named
	$(BIN)/python -m bench

drill: export OFFICINA_DRILL = long
drill: $(BIN)/.dev ## the drills at full length, on both databases: hours
	$(BIN)/python -m pytest tests/drills tests/dosing tests/dispensing/test_authority.py -p no:cacheprovider -o faulthandler_timeout=0
	$(BIN)/python -m pytest tests/browser/test_ten_people.py -m browser -p no:cacheprovider -o faulthandler_timeout=0
	$(BIN)/python tools/with_postgres.py -- $(BIN)/python -m pytest tests/drills -p no:cacheprovider -o faulthandler_timeout=0 --database-only

screenshots: $(BIN)/.dev ## take the pictures of the user guide anew, in Chromium
	PYTHONPATH=tests $(BIN)/python tools/screenshots.py

understood: $(BIN)/.dev ## receive every real file of the reference data, and write what was understood of it
	PYTHONPATH=tests $(BIN)/python tools/understood.py

# The locks name versions and hashes and no package host, so that they install from any mirror.
COMPILE = $(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-annotate --custom-compile-command "make lock" --quiet $(UPGRADE)
lock: $(BIN)/.dev ## resolve the dependencies anew into the lock files (UPGRADE=--upgrade takes newer versions)
	$(COMPILE) --group build -o requirements.lock
	$(COMPILE) --group build --extra dev -c requirements.lock -o requirements-dev.lock

clean: ## remove the environment, the demo's house and every cache
	rm -rf .venv .demo .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist

# One environment for running and for developing, because what is tested should be what runs: the development lock holds the
# runtime lock's versions and adds to them. `make demo` installs the small half only.
$(BIN)/pip:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Officina needs Python 3.11 or newer; try make PYTHON=python3.11")'
	$(PYTHON) -m venv .venv

INSTALL = $(BIN)/pip install --disable-pip-version-check --quiet
$(BIN)/.runtime: requirements.lock pyproject.toml | $(BIN)/pip
	@echo "Installing Officina and what it runs on, from requirements.lock"
	@$(INSTALL) --require-hashes -r requirements.lock
	@$(INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

$(BIN)/.dev: requirements-dev.lock $(BIN)/.runtime
	@echo "Installing the tools for tests and checks, from requirements-dev.lock"
	@$(INSTALL) --require-hashes -r requirements-dev.lock
	@touch $@
