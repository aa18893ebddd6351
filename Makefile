# `make run`: everything on one machine.  `make test`: every check.  Python 3.13, Node 20 and npm are all it needs.
PYTHON ?= python3.13
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
AZURITE := local/azurite/node_modules/.package-lock.json
# A private CA bundle in the environment would override the one that trusts our simulators.
.PHONY: run test quick check install clean

run: $(INSTALLED) $(AZURITE)
	@$(BIN)/python -m local

test: check
	$(BIN)/python -m pytest -n 2 --dist loadgroup

quick: check
	$(BIN)/python -m pytest -n 2 --dist loadgroup -m "not slow"

check: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

install: $(INSTALLED) $(AZURITE)

$(INSTALLED): requirements.txt local/requirements.txt tests/requirements.txt
	@echo "Installing Python packages into $(VENV) (about half a minute) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --disable-pip-version-check --progress-bar on -r requirements.txt -r local/requirements.txt -r tests/requirements.txt
	@touch $@

$(AZURITE): local/azurite/package-lock.json
	@echo "Installing Azurite, the storage emulator (about half a minute) ..."
	@npm --prefix local/azurite ci --no-audit --no-fund
	@touch $@

clean:
	rm -rf $(VENV) .local local/azurite/node_modules
