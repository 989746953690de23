# `make demo` and `make test` need Python 3.11 or newer, make and git; everything else goes into .venv, from the lock.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.stamp

# Tests that need no database, no server and no process, and make up no input, but for one that takes as long as a third of them.
QUICK  := -m "not hypothesis" --ignore tests/language/test_no_findings_from_findings.py \
          $(addprefix tests/,test_house.py test_rooms.py test_map.py core blocks language problems)

# Two workers more than cores, of up to 600 MB each: tests wait for disks and processes.
WORKERS := $(shell expr $$(getconf _NPROCESSORS_ONLN) + 2)

PYTEST  = $(BIN)/python -m pytest --numprocesses $(WORKERS) --dist worksteal

# What Python and pytest compile is kept: they would need 20 s to do it again for each run.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo check test deep format bench benchmarks docs lock clean

help:
	@echo "make demo     the main job, end to end, on the embedded parts"
	@echo "make check    before each commit: ruff, mypy --strict, the quick tests"
	@echo "make test     the gate: ruff, mypy --strict, all tests"
	@echo "make deep     twenty times as much made-up input, and other input each time"
	@echo "make format   what ruff can set right by itself"
	@echo "make bench    the hot path against plain sqlite3"
	@echo "make benchmarks   everything in docs/performance.md, in an environment of its own: 35 to 40 minutes"
	@echo "make docs     docs/language.md from the models, docs/rooms.svg from the imports, docs/spring-drop.svg from a flow"
	@echo "make lock     resolve the dependencies anew into requirements.lock"
	@echo "make clean    remove .venv and all caches"

demo: $(STAMP)
	$(BIN)/leadoff demo

check: TESTS := $(QUICK)
check test: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	@$(BIN)/mypy --strict >$(VENV)/mypy.txt 2>&1 & \
	  echo "$(BIN)/mypy --strict  # beside the tests"; echo "$(PYTEST) $(TESTS)"; \
	  $(PYTEST) $(TESTS); tests=$$?; wait $$!; types=$$?; cat $(VENV)/mypy.txt; exit $$((tests | types))

deep: $(STAMP)
	$(PYTEST) -m hypothesis --hypothesis-profile deep

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(STAMP)
	$(BIN)/python benchmarks/promo.py

docs: $(STAMP)
	$(BIN)/python -m docs.generate
	$(BIN)/python -m docs.rooms_picture
	$(BIN)/leadoff graph spring-drop --project examples/shop -o docs/spring-drop.svg

# One stamp for both: the environment is made from nothing whenever the lock or pyproject.toml has changed.
$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Leadoff needs Python 3.11 or newer; \"$(PYTHON)\" is: $$($(PYTHON) --version 2>&1)." >&2; \
	  echo "Name another one: make PYTHON=python3.11 $(MAKECMDGOALS)" >&2; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# The lock is resolved on the oldest Python that is served. It names no host: pip takes the files from wherever it is set up to.
benchmarks: .venv-benchmarks/.stamp
	.venv-benchmarks/bin/python benchmarks/run.py --all

# An environment of its own: what benchmarks compare with is nobody else's dependency.
.venv-benchmarks/.stamp: benchmarks/requirements.lock pyproject.toml
	$(PYTHON) -m venv --clear .venv-benchmarks
	.venv-benchmarks/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r benchmarks/requirements.lock
	.venv-benchmarks/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

lock: $(STAMP)
	CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/python -m piptools compile --quiet --upgrade --extra dev --generate-hashes \
	  --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-emit-options \
	  --strip-extras --allow-unsafe --output-file requirements.lock pyproject.toml
	CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/python -m piptools compile --quiet --upgrade --extra postgres --generate-hashes \
	  --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-emit-options \
	  --strip-extras --allow-unsafe --output-file benchmarks/requirements.lock pyproject.toml benchmarks/requirements.in

clean:
	rm -rf $(VENV) .venv-benchmarks build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
