# KAI Pipelines: everything a developer or CI does, by name. Python 3.11+ and make are all it needs.
SHELL := /bin/sh
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
WORKERS ?= 2
DEMO ?= demo-output

.PHONY: help install demo test lint format types layers unit slow test-browser conformance bench manifests pictures licenses validators clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 14

install: $(STAMP)  ## the virtual environment with everything pinned

$(STAMP): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "make: Python 3.11 or newer is needed and none was found on PATH; install it, or say PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "make: $(PYTHON) has no venv module; install it (Debian: apt-get install python3-venv)" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[reconstruction,hera,dev]'
	@touch $(STAMP)

demo: $(STAMP)  ## photographs rendered here, reconstructed: ends with a report and a model to look at
	$(BIN)/kai demo -o $(DEMO)

test: lint types layers unit  ## everything CI runs

lint: $(STAMP)  ## ruff: lint and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(STAMP)  ## mend what ruff can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(STAMP)  ## mypy and basedpyright, strict
	$(BIN)/mypy
	$(BIN)/basedpyright

layers: $(STAMP)  ## the layer contracts
	$(BIN)/lint-imports

unit: $(STAMP)  ## the tests that a person waits for
	$(BIN)/pytest -n $(WORKERS) -m 'not slow'

slow: $(STAMP)  ## the long proofs: all photo sets, many kills
	$(BIN)/pytest -n $(WORKERS) -m slow

test-browser: $(STAMP)  ## the report in a headless Chromium (on PATH, or KAI_CHROMIUM)
	$(BIN)/pytest -n 0 -rs tests/unit/steps/reconstruction/reporting/test_in_chromium.py

conformance: $(STAMP)  ## agreement with Argo's recorded truth, table by table (KAI_ARGO_DATA)
	$(BIN)/pytest -n 0 -s -q tests/conformance

bench: $(STAMP)  ## the figures that the documentation quotes
	$(BIN)/python benchmarks/compile_speed.py
	$(BIN)/python benchmarks/check_speed.py
	$(BIN)/python benchmarks/simulation_speed.py
	$(BIN)/python benchmarks/step_cost.py
	$(BIN)/python benchmarks/dense_stereo.py

manifests: $(STAMP)  ## write manifests/ anew
	$(BIN)/kai compile --all

pictures: demo  ## the pictures of README and docs, from the demo
	$(BIN)/python docs/pictures/make.py $(DEMO) docs/pictures

validators:  ## Khronos' glTF validator (node and npm), into build/; the tests of exports use it when it is there
	npm install --silent --no-audit --no-fund --prefix build/validators gltf-validator@2.0.0-dev.3.10

licenses: $(STAMP)  ## the license of every installed package
	$(BIN)/pip-licenses --order=license --from=mixed

clean:  ## remove what was made here
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache $(DEMO)
