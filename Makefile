# Two commands: `make demo` and `make test`. `make help` lists the rest.
# Python 3.11 or newer and make are all that is assumed; PYTHON=python3.12 chooses another interpreter.

PYTHON ?= python3
# An activated environment is used as it is; otherwise one is made here.
VENV ?= $(or $(VIRTUAL_ENV),.venv)
BIN := $(VENV)/bin
DEMO := demo
STAMP := $(VENV)/.carbon

.DELETE_ON_ERROR:
.PHONY: help demo test wheel lint benchmark clean

help:
	@echo "make demo       the sample merchant end to end: footprints, inventory, demo/esg.pdf"
	@echo "make test       every test but the benchmarks' own runs, with the tools they need"
	@echo "make wheel      dist/*.whl and the source archive"
	@echo "make lint       ruff"
	@echo "make benchmark  every benchmark, small, to see that it works"
	@echo "make clean      what the above have made, and the environment .venv"

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed: make PYTHON=python3.12 ..."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
		|| { echo "This Python cannot make environments: install its venv package (Debian: python3-venv)."; exit 1; }
	$(PYTHON) -m venv $(VENV)

# An install is repeated only when pyproject.toml has changed: the code itself is linked, not copied. What is never imported
# need not be compiled.
$(STAMP)-run: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --editable .
	@touch $@

$(STAMP)-test: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --editable '.[test,spark]'
	@touch $@ $(STAMP)-run

demo: $(STAMP)-run
	@rm -rf $(DEMO)
	$(BIN)/carbon init $(DEMO)
	$(BIN)/carbon calculate $(DEMO)/orders.csv --lines $(DEMO)/lines.csv --organisation $(DEMO)/organisation.yaml --ledger $(DEMO)/ledger
	$(BIN)/carbon inventory --ledger $(DEMO)/ledger
	$(BIN)/carbon report esg --profile ghg-protocol --language en --ledger $(DEMO)/ledger --organisation $(DEMO)/organisation.yaml -o $(DEMO)/esg.pdf
	@echo
	@echo "The report is $(DEMO)/esg.pdf. Open the app with:"
	@echo "  $(BIN)/carbon app --ledger $(DEMO)/ledger --organisation $(DEMO)/organisation.yaml"

test: $(STAMP)-test
	@$(BIN)/python tests/tools.py
	# A third process uses what two leave idle while they wait for a browser; threads of linear algebra would only wait for each other.
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -m "not benchmark" --numprocesses 3 --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

wheel: $(STAMP)-test
	rm -rf dist
	$(BIN)/python -m build

lint: $(STAMP)-test
	$(BIN)/ruff check .

benchmark: $(STAMP)-test
	@$(BIN)/python tests/tools.py
	$(BIN)/python -m pytest -m benchmark $(PYTEST_ARGS)

clean:
	rm -rf $(DEMO) dist build .venv .pytest_cache .ruff_cache .hypothesis tests/browser/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
