# Everything a clone needs: Python 3.11 or newer with its venv module, and make. The rest is installed into .venv.
#
#   make demo    draw a synthetic smear, analyze it, write the report (installs no training framework)
#   make test    all gates: format, lint, types, import rules, tests with coverage

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV ?= .venv
BIN := $(VENV)/bin
# Tests that start a process of their own leave the other core to it.
TEST_WORKERS ?= 2

# The first of these that is Python 3.11 or newer and can really be started makes the environment.
PYTHON ?= $(shell for name in python3 python3.13 python3.12 python3.11; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$name; break; }; done)

UV := $(BIN)/uv
# uv does not read pip's settings; where pip is told to use a mirror, uv follows.
MIRROR = mirror=$${UV_DEFAULT_INDEX:-$${PIP_INDEX_URL:-$$($(BIN)/python -m pip config get global.index-url 2>/dev/null || true)}}
RUN_UV = $(MIRROR); $${mirror:+env UV_DEFAULT_INDEX=$$mirror} $(UV)
PINNED := --quiet --constraints constraints.txt --build-constraints constraints.txt --python $(BIN)/python
# Trust what the system trusts: laboratories often sit behind a proxy with a certificate of its own.
ifneq ($(wildcard /etc/ssl/certs/ca-certificates.crt),)
export UV_SYSTEM_CERTS := 1
endif

SETUP := pyproject.toml constraints.txt hatch_build.py
BASE := $(VENV)/.installed-base
FULL := $(VENV)/.installed-full

.PHONY: demo test lint format typecheck imports docs docs-check wheel constraints install install-full clean help

demo: $(BASE) ## Draw a synthetic smear, analyze it and say where the report is (base install, no torch)
	$(BIN)/leukoscope demo --out demo

test: lint ## Every gate: format, lint, types, import rules, tests with doctests and coverage
	@filter=""; floor=90; .ci/ensure_chromium || { filter="not browser"; floor=85; }; \
	OMP_NUM_THREADS=1 $(BIN)/pytest -n $(TEST_WORKERS) -m "$$filter" --hypothesis-profile=ci \
		--cov --cov-report=term:skip-covered --cov-fail-under=$$floor

lint: $(FULL) ## Format, lint, types and import rules, without the tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy --strict
	$(BIN)/lint-imports --no-cache

format: $(FULL) ## Format the code and mend what the linter can mend by itself
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(FULL) ## Write the generated pages anew: commands, settings, the figures in README
	$(BIN)/python docs/generate.py

docs-check: $(FULL) ## Are the generated pages, the module map and all links up to date?
	$(BIN)/pytest -q --no-cov tests/architecture/test_documents.py tests/architecture/test_module_map.py

wheel: $(UV) ## Build the wheel into dist/ (LEUKOSCOPE_WITHOUT_BUNDLES=1 leaves the shipped models out)
	@$(RUN_UV) build --wheel --quiet --python $(BIN)/python --build-constraints constraints.txt --out-dir dist
	@ls dist/*.whl

constraints: $(UV) ## Pin anew, newest releases first (commit the result after `make test`)
	@$(RUN_UV) pip compile pyproject.toml --extra train --extra keras --group dev --universal --python-version 3.11 --fork-strategy fewest --upgrade \
		--no-header --no-annotate --no-emit-index-url --no-emit-find-links --quiet --output-file constraints.txt

install: $(BASE) ## The environment of `make demo`
install-full: $(FULL) ## The environment of `make test`

clean: ## Remove the environment and everything that was made
	rm -rf $(VENV) dist build demo runs .coverage* .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis \
		.import_linter_cache .nicegui

help: ## This list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(UV): constraints.txt
	@test -n "$(PYTHON)" || { echo "leukoscope needs Python 3.11 or newer (on Debian: apt-get install python3 python3-venv)." >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "Python's venv module is missing (on Debian: apt-get install python3-venv)." >&2; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt uv
	@touch $@

# Installed again only when what should be there changes.
$(BASE): $(SETUP) $(UV)
	@echo "Installing leukoscope and what it needs into $(VENV) ..."
	@$(RUN_UV) pip install $(PINNED) --editable .
	@touch $@

$(FULL): $(SETUP) $(UV)
	@echo "Installing what the tests need into $(VENV), the training framework included: some minutes the first time ..."
	@$(RUN_UV) pip install $(PINNED) --editable '.[train,keras]' --group dev
	@touch $@ $(BASE)
