# Each target does all the set-up it needs on a fresh clone: Python 3.11 or later, git and make.
#
#   make demo    a release travels through a whole fleet on this machine
#   make test    every test (COVERAGE=1 measures and reports; ARGS="-k name" narrows)
#   make check   lint, format, types, layers, and the reference fleet
#   make fmt     write the format that `make check` asks for
#   make bench   every measurement with its peers, into benchmarks/report.md (ARGS="bump" prints one)

PYTHON ?= python3
ARGS ?=
COVERAGE ?=
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
SOURCES := gitops bot tests $(wildcard benchmarks)

.PHONY: demo test check fmt bench
.DELETE_ON_ERROR:

demo: $(VENV)/runtime.stamp
	$(BIN)/fairlead demo $(ARGS)

# -rs names what was skipped: an absent counterpart must not look like a passing test.
test: $(VENV)/development.stamp
ifeq ($(COVERAGE),)
	$(BIN)/pytest -rs -n auto --dist worksteal $(ARGS)
else
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -rs -n auto --dist worksteal $(ARGS)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report --skip-covered --show-missing
endif

check: $(VENV)/development.stamp
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
ifneq ($(wildcard fleet.yaml),)
	$(BIN)/fairlead check .
endif

fmt: $(VENV)/development.stamp
	$(BIN)/ruff check --fix-only $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

bench: $(VENV)/development.stamp
	benchmarks/install-peers $(BIN)/python
	$(BIN)/python -m benchmarks $(ARGS)

# `pip install --group` came with pip 25.1; the pip that a Python brings along is often older.
$(VENV)/runtime.stamp: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Fairlead needs Python 3.11 or later; set PYTHON=")'
	$(PYTHON) -m venv $(VENV)
	$(PIP) install 'pip>=25.1'
	$(PIP) install --editable .
	@touch $@

$(VENV)/development.stamp: $(VENV)/runtime.stamp
	$(PIP) install --group check --group test
	@touch $@
