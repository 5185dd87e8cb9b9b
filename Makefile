# make demo | test | check | bench - each makes .venv when it is missing and is quick when it exists.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --disable-pip-version-check --quiet --require-hashes

.PHONY: demo test check bench lock clean
.DEFAULT_GOAL := help

help:
	@echo "make demo    the whole product, no accounts: prints the address of its page"
	@echo "make test    the tests"
	@echo "make check   formatting, types, layers, catalogs, documents"
	@echo "make bench   the benchmarks"

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Lagdesk needs Python 3.11 or newer (set PYTHON=python3.11)"; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.txt | $(BIN)/python
	@echo "Installing what Lagdesk runs on ..."
	@$(PIP) -r requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	@echo "Installing what Lagdesk is tested with ..."
	@$(PIP) -r requirements-dev.txt
	@touch $@

demo: $(VENV)/.installed
	@$(BIN)/python -m bot demo $(ARGS)

test: $(VENV)/.installed-dev
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -m compileall -q bot handlers
	@$(TESTS) -n 4 --dist loadscope --no-loadscope-reorder $(ARGS)
# Python keeps what it compiled, whatever the environment says: each process compiles for 8 s else.
TESTS = PYTHONDONTWRITEBYTECODE= TMPDIR=$(MEMORY) $(BIN)/python -m pytest
# Databases in memory do not wait for the disk; a small /dev/shm, or one without programs, is left.
MEMORY = $(shell { ! grep -q ' /dev/shm .*noexec' /proc/mounts && df -Pm /dev/shm; } 2>/dev/null | awk 'NR > 1 && $$4 > 4000 {print $$6}')

check: $(VENV)/.installed-dev
	@$(BIN)/ruff format --check -q .
	@$(BIN)/ruff check -q .
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-cache > .import-linter.log || { cat .import-linter.log; exit 1; }
	@rm -f .import-linter.log
	@$(BIN)/python tests/check_catalogs.py
	@$(BIN)/python tests/check_docs.py

bench: $(VENV)/.installed-dev
	@$(BIN)/python -m tests.bench $(ARGS)

lock: $(VENV)/.installed-dev
	@$(BIN)/pip-compile $(LOCK) -o requirements.txt pyproject.toml
	@$(BIN)/pip-compile $(LOCK) --extra dev --allow-unsafe -c requirements.txt -o requirements-dev.txt pyproject.toml
LOCK := -q --generate-hashes --strip-extras --no-header --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-emit-options

clean:
	@rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .hypothesis
