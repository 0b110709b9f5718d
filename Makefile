# Every target prepares what it needs in .venv, once. Nothing outside the clone is touched.
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo test quick test-oldest docs lint dist clean
.PHONY: bench-rossmann bench-accuracy bench-encoder bench-speed bench-scale bench-gpu
.PHONY: bench-reliability

VENV := .venv
CONSTRAINTS := constraints.txt
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint $(CONSTRAINTS)
# Tests of one group share what takes long to start, and run in one process.
PYTEST := $(BIN)/python -m pytest --numprocesses=auto --dist=loadgroup

# The first of these names that is a Python from version $(1) to $(2), where 311 is 3.11.
find_python = $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	"$$p" -c 'import sys; v = sys.version_info; sys.exit(not $(1) <= 100 * v[0] + v[1] <= $(2))' \
	2>/dev/null && echo "$$p" && break; done)
# Override with `make PYTHON=...`.
PYTHON ?= $(call find_python,311,399)
# The oldest versions have wheels for these only.
OLD_PYTHON ?= $(call find_python,311,312)

help:
	@echo "make demo            learn from 336,776 flights, compare, draw output/destinations.png"
	@echo "make test            run the tests"
	@echo "make quick           run the quick tests, about two minutes on two cores"
	@echo "make test-oldest     the same with the oldest versions of all dependencies"
	@echo "make docs            build the documentation into docs/_build/html"
	@echo "make lint            ruff, mypy and spelling"
	@echo "make dist            build the last commit for a release into dist, and try the wheel"
	@echo "make bench-rossmann  the benchmark of docs/benchmarks.md (needs SK_ENTITY_DATA)"
	@echo "make bench-accuracy  errors beside other models, fifteen tasks in two sizes; hours,"
	@echo "                     unless they are stored; writes docs/accuracy_tables.md"
	@echo "make bench-encoder   vectors in front of five models, beside other encoders; hours,"
	@echo "                     unless they are stored; writes docs/encoder_tables.md"
	@echo "make bench-speed     how fast it is, beside other tools; about an hour"
	@echo "make bench-scale     twenty million rows from disk under 2 GiB, beside memory; about an"
	@echo "                     hour, unless it is stored; writes docs/scale_tables.md"
	@echo "make bench-gpu       ten million rows on a GPU, beside this machine's CPU"
	@echo "make bench-reliability  random tables, faults and versions, about two hours; writes"
	@echo "                     docs/reliability_tables.md"
	@echo "make clean           remove .venv and everything built"

demo: $(VENV)/with-examples
	$(BIN)/python examples/flights.py

test: $(VENV)/with-test $(VENV)/with-ray
	$(PYTEST)

quick: $(VENV)/with-test
	$(PYTEST) -m "not slow"

test-oldest:
ifeq ($(OLD_PYTHON),)
	@echo "Skipped: the oldest versions need Python 3.11 or 3.12; found neither."
else
	$(MAKE) quick VENV=.venv-oldest CONSTRAINTS=constraints-oldest.txt PYTHON=$(OLD_PYTHON)
endif

docs: $(VENV)/with-docs
	$(BIN)/python -m sphinx -W --keep-going -q docs docs/_build/html
	@echo "Open docs/_build/html/index.html"

lint: $(VENV)/with-lint
	$(BIN)/python -m ruff check
	$(BIN)/python -m ruff format --check
	$(BIN)/python -m mypy
	$(BIN)/python -m codespell_lib

dist: $(VENV)/with-release
	$(BIN)/python .ci/dist.py

bench-rossmann: $(VENV)/with-benchmarks
	$(BIN)/python -m benchmarks.rossmann

bench-accuracy: $(VENV)/with-benchmarks
	$(BIN)/python -m benchmarks.accuracy --compare before --write docs/accuracy_tables.md

bench-encoder: $(VENV)/with-benchmarks
	$(BIN)/python -m benchmarks.encoder --write docs/encoder_tables.md

bench-speed: $(VENV)/with-benchmarks
	$(BIN)/python -m benchmarks.speed

bench-scale: $(VENV)/with-benchmarks
	$(BIN)/python -m benchmarks.scale --quality --write docs/scale_tables.md

bench-gpu: $(VENV)/with-benchmarks
	$(BIN)/python -m benchmarks.gpu

bench-reliability: $(VENV)/with-test $(VENV)/with-ray
bench-reliability: $(VENV)/with-benchmarks
	$(BIN)/python -m benchmarks.reliability.tables --seconds 600
	$(BIN)/python -m benchmarks.reliability.faults
	$(BIN)/python -m benchmarks.reliability.versions
	$(BIN)/python -m benchmarks.reliability --write docs/reliability_tables.md

clean:
	rm -rf .venv .venv-oldest build dist docs/_build docs/api/*.rst docs/api/backreferences docs/gallery \
		output benchmarks/.envs *.egg-info

# Stamps: one for the environment, one per extra of pyproject.toml.
$(VENV)/created: $(CONSTRAINTS)
	@test -n "$(PYTHON)" || { echo "sk-entity needs Python 3.11 or newer; found none."; exit 1; }
	@echo "Preparing $(VENV) (torch is large: the first time takes some minutes) ..."
	$(PYTHON) -m venv $(VENV)
	@# First the build backend, pinned too: without isolation pip builds with this one.
	$(PIP) hatchling torch==2.13.0
	@touch $@

$(VENV)/with-%: $(VENV)/created pyproject.toml
	$(PIP) --no-build-isolation --editable ".[$*]"
	@touch $@
