# The few commands of this project. Each makes what it needs first: a fresh clone needs Python 3.11 or newer and make.
#
#   make run      open the page in the browser        make check    what CI runs: format, lint, types, all tests
#   make test     the tests of a few minutes          make bench    the measured figures of docs/measured.md
#   make cluster  a Dask cluster on this machine, and the samples on it, to try it
#   make format   lay the code out                    make clean    remove .venv and caches (never your runs)
#   make soak     the tests that take minutes, or repeat at length what a quicker one shows
#   make bench ONLY=noop, or ONLY="noop lag": those figures alone (tests/bench/__main__.py has the names)

PORT ?= 8501
VENV := .venv
PYTHON := $(VENV)/bin/python
READY := $(VENV)/.ready
# Most tests wait (for workers, deadlines, servers): four at once take a third of the time, also on two cores.
TESTS := -m pytest -n 4 --dist worksteal

.PHONY: run test check soak bench cluster format clean
.DEFAULT_GOAL := run

run: $(READY)-run
	@$(PYTHON) -m jobs page --port $(PORT)

test: $(READY)-test
	$(PYTHON) $(TESTS) -m "not slow"

check: test
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	$(PYTHON) -m mypy
	FANOUT_BROWSER=required $(PYTHON) $(TESTS) -m "slow and not soak"

soak: $(READY)-test
	FANOUT_BROWSER=required $(PYTHON) -m pytest -m soak

bench: $(READY)-bench
	$(PYTHON) -m tests.bench $(ONLY)

cluster: $(READY)-test
	$(PYTHON) -m tests.support.dask_cluster

format: $(READY)-test
	$(PYTHON) -m ruff format .
	$(PYTHON) -m ruff check --fix .

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage htmlcov
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# One stamp for each list of packages: installed again when the list changes, and only then.
$(READY)-run: requirements.txt | $(PYTHON)
	$(PYTHON) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(READY)-test: tests/requirements.txt tests/pywb.txt $(READY)-run
	$(PYTHON) -m pip install --quiet --disable-pip-version-check -r tests/requirements.txt
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --no-deps --upgrade --target $(VENV)/pywb -r tests/pywb.txt
	@touch $@

$(READY)-bench: tests/bench/requirements.txt $(READY)-test
	$(PYTHON) -m pip install --quiet --disable-pip-version-check -r tests/bench/requirements.txt
	@touch $@

# The first Python that is new enough; a virtual environment that could not be finished is not left behind.
$(PYTHON):
	@for python in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	  if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    "$$python" -c 'import ensurepip, venv' 2>/dev/null || { \
	      echo "$$python cannot make a virtual environment: install its venv module (on Debian: apt-get install python3-venv)." >&2; \
	      exit 1; }; \
	    echo "Making $(VENV) with $$("$$python" --version)…"; \
	    "$$python" -m venv $(VENV) || { rm -rf $(VENV); exit 1; }; \
	    exit 0; \
	  fi; \
	done; \
	echo "Fanout needs Python 3.11 or newer, and found none (looked for python3, python3.14 … python3.11)." >&2; \
	exit 1
