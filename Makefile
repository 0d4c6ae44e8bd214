# Every target does its own set-up, in .venv and .cache of this checkout and nowhere else.
# Knobs: PORT=8000 for the demo, ARGS="..." for pytest and the benches, JOBS=3 processes for the tests (0 = none beside this one),
# PYTHON=python3.12 for the virtual environment.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PORT ?= 8000
JOBS ?= 3
ARGS ?=
PYTHON ?= $(shell for name in python3 python3.13 python3.12 python3.11; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)

BIN := .venv/bin
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check --no-input
COMPILE := $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --newline lf \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host

.PHONY: help
help: ## Show this list
	@awk 'BEGIN { FS = ":.*## " } /^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: .venv/.run ## The whole product on http://127.0.0.1:8000, seeded, no account needed (PORT=8000)
	@exec $(BIN)/onethread demo --port $(PORT)

.PHONY: setup
setup: .venv/.run ## Only the set-up: afterwards the command is .venv/bin/onethread
	@echo "Ready: .venv/bin/onethread --help"

.PHONY: test
test: .venv/.dev ## All tests but the long ones (ARGS="tests/channels -k whatsapp")
	@sh .ci/test $(JOBS) $(ARGS)

.PHONY: long
long: .venv/.dev ## The tests with the full counts
	@$(BIN)/python -m pytest -m long $(ARGS)

.PHONY: lint
lint: .venv/.dev ## Formatting, lint, types, the direction of imports, the browser modules
	@sh .ci/lint

.PHONY: bench
bench: .venv/.dev ## The measured claims of the README
	@$(BIN)/python -m bench $(ARGS)

.PHONY: lock
lock: .venv/.dev ## Write the lock files anew (ARGS=--upgrade for newer releases)
	@echo "Resolving what runs ..."
	@CUSTOM_COMPILE_COMMAND="make lock" $(COMPILE) $(ARGS) --extra build -o requirements.lock pyproject.toml
	@echo "Resolving what develops ..."
	@CUSTOM_COMPILE_COMMAND="make lock" $(COMPILE) $(ARGS) --extra build --extra dev --extra train \
		-c requirements.lock -o requirements-dev.lock pyproject.toml

.PHONY: clean
clean: ## Remove everything that these targets made, but for the demo's data
	@rm -rf .venv .cache .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache build dist
	@find server channels memory widget tests bench -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Onethread needs Python 3.11 or newer as python3; install it, or name one: make PYTHON=/path/to/python" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is older than Python 3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) has no venv module; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@echo "Making .venv with $$($(PYTHON) --version) ..."
	@$(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }

# $(1) lock file
define install
	@echo "Installing $(1) (once; the downloads take the time) ..."
	@$(PIP) install --no-compile --require-hashes -r $(1)
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@
endef

.venv/.run: requirements.lock pyproject.toml | .venv/bin/python
	$(call install,requirements.lock)

.venv/.dev: requirements-dev.lock pyproject.toml | .venv/bin/python
	$(call install,requirements-dev.lock)
	@touch .venv/.run
