# Two commands: `make run` and `make test`. They need python3 (>= 3.11) and the PyPI and npm registries, nothing else.
SHELL := /bin/bash
.DEFAULT_GOAL := help

PYTHON ?= $(shell command -v python3 || echo python3)
ARGS ?=
BENCH ?= breaker coldstart
UV_VERSION := 0.13.8
# An uv of this release on the path is used; otherwise one is installed into the user's cache, for every clone.
OUR_UV := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/wild-rydes/uv-$(UV_VERSION)
BIN := .venv/bin
# That of an active .venv is a link to one of these.
UV := $(or $(filter-out $(CURDIR)/$(BIN)/uv,$(shell \
	uv --version 2>/dev/null | grep -q '^uv $(basename $(UV_VERSION))\.' && command -v uv)),$(OUR_UV)/bin/uv)
# Tests that share a local cloud, or the templates, stay on one worker; tests start in the order of tests/conftest.py.
# One worker more than there are cores: who tests a cloud waits for it for a third of the time.
export PYTEST_XDIST_AUTO_NUM_WORKERS ?= $(shell echo $$(($$(getconf _NPROCESSORS_ONLN) + 1)))
# All workers have to collect the same tests in the same order, which that of a set is not by itself.
PYTEST := PYTHONHASHSEED=0 $(BIN)/pytest -n auto --maxprocesses 4 --dist loadgroup --no-loadscope-reorder
# Written from the code, each by the module of this name: services/feedback/openapi.json by feedback.api.openapi.
DOCUMENTS := ride-booking/openapi ride-booking/machine_openapi ride-booking/asyncapi unicorn-mgmt/openapi unicorn-mgmt/jobs_openapi unicorn-mgmt/asyncapi feedback/openapi

# Without bytecode every import of aws_cdk takes seconds.
unexport PYTHONDONTWRITEBYTECODE
export UV
# Node comes from PyPI into the environment; jsii and npm look for it on the path.
export PATH := $(CURDIR)/$(BIN):$(PATH)
export UV_PYTHON := $(PYTHON)
export UV_PYTHON_DOWNLOADS := never

help:  ## Show the targets
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## *' '{printf "  make %-10s %s\n", $$1, $$2}'
	@echo
	@echo '  ARGS="..." goes to the command behind a target:   make run ARGS=--once'
	@echo '    one folder, file or test of all:                make test ARGS="-n 0 tests/unit/feedback"'
	@echo '    the tests whose names match:                    make test-fast ARGS="-k cancel"'
	@echo '    one bench, its options:                         make bench BENCH=breaker ARGS="--seeds 2"'
	@echo '    another storm, or a small one:                  make chaos ARGS="--seed 7 --rfqs 50"'

run: setup  ## Start the local cloud, deploy everything, watch one ride request (ARGS=--once ends afterwards)
	@exec $(BIN)/rydes run $(ARGS)

test: setup  ## Run all tests; the end-to-end ones on local clouds of their own
	@$(PYTEST) $(ARGS)

test-fast: setup  ## Run the tests of units, contracts and architecture, in a minute
	@HYPOTHESIS_PROFILE=fast $(PYTEST) -m "not synth and not slow" tests/unit tests/contract tests/architecture $(ARGS)

e2e: setup  ## Run the end-to-end and chaos tests, each folder on a local cloud of its own
	@$(PYTEST) tests/e2e tests/chaos $(ARGS)

chaos: setup  ## Run 200 RFQs with bookings and SMS while everything breaks; writes .run/chaos.md
	@$(BIN)/python -m tests.chaos.storm $(ARGS)

record: setup  ## Add the AWS calls of the end-to-end and chaos tests to infra/proof/calls.json
	@RYDES_RECORD=1 $(PYTEST) tests/e2e tests/chaos $(ARGS)

nightly: setup  ## Run the properties of what comes from outside, with 5,000 examples each
	@HYPOTHESIS_PROFILE=nightly $(PYTEST) -m boundary tests/unit tests/contract $(ARGS)

browser:  ## Install Debian's Chromium, for the browser tests; asks for sudo unless you are root
	@$(PYTHON) tests/browser/chromium.py 2>/dev/null || { \
		$$([ "$$(id -u)" = 0 ] || echo sudo) sh -c 'apt-get update -qq && for package in chromium-headless-shell chromium; do \
			apt-get install -y -qq --no-install-recommends $$package && break; done' && \
		$(PYTHON) tests/browser/chromium.py; } || { \
		echo "✗ Chromium cannot be installed (above). Install one, or name one: CHROMIUM=/path/to/chromium make test" >&2; exit 1; }

pictures: setup browser  ## Take the pictures of README.md anew, on a local cloud of its own
	@$(BIN)/python -m tests.browser.pictures

ocr: setup  ## Install what reads scans for the simulator of Textract (300 MB), and run its tests
	@$(UV) sync --frozen --quiet --group ocr
	@$(BIN)/pytest -q tests/unit/rydes/simulators/textract/test_ocr.py $(ARGS)

coverage: setup  ## Run test-fast, and print which statements and branches of services and shared it misses
	@$(MAKE) --no-print-directory test-fast ARGS='--cov $(ARGS)'

bench: setup  ## Run the benches that need no cloud; BENCH=cost chooses one
	@for bench in tests/bench/*/__main__.py; do printf '  %-10s %s\n' "$$(basename "$$(dirname "$$bench")")" \
		"$$(sed -n '1s/^"""\(.*\): `.*/\1/p' "$$bench")"; done
	@for bench in $(BENCH); do $(BIN)/python -m tests.bench.$$bench $(ARGS) || exit 1; done

load: setup  ## Run a ramp to saturation and a soak on a local cloud of its own; writes docs/load.md and its picture
	@$(BIN)/python -m tests.load $(ARGS)

pr: check test-fast  ## Check what a pull request needs before CI runs everything; finds stale generated files, too

check: setup  ## Check format, lint, types, the lock file, published contracts, and what AWS would refuse
	@$(MAKE) --no-print-directory --keep-going -j 2 lint types proof contracts

lint: setup pages
	@node_modules/.bin/biome check --error-on-warnings
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(UV) lock --check --quiet || { echo "✗ uv.lock is out of date: run 'uv lock' and commit it" >&2; exit 1; }
	@$(BIN)/actionlint .github/workflows/*.yml
	@$(BIN)/python -m infra.secret_scan

types: setup pages
	@node_modules/.bin/tsc
	@$(BIN)/mypy services shared infra tests docs/examples
	@$(BIN)/ty check infra docs/examples --python .venv

proof: setup  ## Check what AWS would refuse, without AWS
	@$(BIN)/python -m infra.proof

contracts: setup  ## Check that what is published stays, and that no change of a message breaks who reads it
	@$(BIN)/python -m infra.registry

audit: setup  ## Ask whether a locked package has a known vulnerability; says so where that cannot be known
	@$(BIN)/python -m infra.audit

fmt: setup pages  ## Format, and fix what the linter can
	@node_modules/.bin/biome check --write
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

generate: setup  ## Write the files made from code: docs/events, openapi.json and asyncapi.json of the services, types of the pages
	@$(BIN)/python -m infra.registry.documents
	@for document in $(DOCUMENTS); do service=$${document%/*}; \
		text=$$($(BIN)/python -m $${service//-/_}.api.$${document#*/}) || exit 1; \
		printf '%s\n' "$$text" > services/$$document.json; done
	@$(BIN)/python -m infra.page_types

simulate: setup  ## Run 20,000 histories of the services on models of AWS in which much goes wrong, and plant bugs in them
	@$(BIN)/python -m tests.simulation --histories 20000 --branches $(ARGS)
	@$(BIN)/python -m tests.simulation --scene fleets --histories 4000
	@$(BIN)/python -m tests.simulation --scene surveys --histories 4000
	@$(BIN)/python -m tests.simulation --mutants --histories 4000

pages: setup
	@$(BIN)/python -m infra.pages

hooks: setup  ## Have git check each commit: format, lint, lock file, and what should not be committed
	@$(BIN)/pre-commit install

down: setup  ## Stop the local cloud
	@$(BIN)/rydes down

setup: .venv/.synced  ## Install what the lock files say

require_python = $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	echo "✗ $(PYTHON) is missing or older than 3.11. Install Python 3.11 or newer, or name one: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)" >&2; exit 1; }

.venv/.synced: uv.lock pyproject.toml $(wildcard services/*/pyproject.toml shared/*/pyproject.toml docs/examples/*/pyproject.toml) | $(filter $(OUR_UV)/%,$(UV))
	@$(require_python)
	@began=$$SECONDS; $(UV) sync --frozen --quiet || { \
		echo "✗ The packages of uv.lock cannot be installed (above). That needs the PyPI registry the first time." >&2; exit 1; }; \
	ln -sf $(UV) $(BIN)/uv; touch $@; printf '  ✓ %-58s%4d   s\n' 'Python packages' $$((SECONDS - began))

$(OUR_UV)/bin/uv:
	@$(require_python)
	@began=$$SECONDS; $(PYTHON) -m pip install --quiet --no-compile --disable-pip-version-check --root-user-action=ignore \
		--no-deps --upgrade --target $(OUR_UV) uv==$(UV_VERSION) || { \
		echo "✗ $(PYTHON) -m pip cannot install uv (above). Install pip, or uv itself: https://docs.astral.sh/uv/" >&2; exit 1; }; \
	printf '  ✓ %-58s%4d   s\n' 'uv $(UV_VERSION)' $$((SECONDS - began))

.PHONY: help run test test-fast e2e record nightly browser pictures ocr coverage bench pr check lint types proof contracts audit fmt generate pages simulate chaos load hooks down setup
