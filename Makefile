# `make run`: everything on one machine.  `make test`: every check.  Python 3.13, Node 20 and npm are all it needs.
# Another Python than the one on the PATH: make run PYTHON=/path/to/python3.13
PYTHON ?=
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
TESTS_INSTALLED := $(VENV)/.tests-installed
NODE_CLIENT := tests/contract/node/node_modules/.package-lock.json
AZURITE := local/azurite/node_modules/.package-lock.json
# Tests start many processes: those that find compiled modules start in two thirds of the time.
unexport PYTHONDONTWRITEBYTECODE
PIP_INSTALL := $(BIN)/python -m pip install --disable-pip-version-check --progress-bar on

.PHONY: run test quick torture check fairness install smoke mutations thorough kills truth api fuzz scale bench browser-test screenshots clean

run: $(INSTALLED) $(AZURITE)
	@$(BIN)/python -m local

# Against a real organisation: make smoke ORGANISATION=https://dev.azure.com/contoso PROJECT=smoke-test
# The credential comes from the environment; what is given here reaches it as well, for all on this machine to see.
SECRETS := AZURE_DEVOPS_PAT AZURE_CLIENT_SECRET
smoke: $(INSTALLED)
	$(foreach secret,$(SECRETS),$(if $(filter command,$(firstword $(origin $(secret)))),\
		$(error Set $(secret) in the environment, not on the command line)))
	@$(BIN)/python -m local.smoke

test: check
	$(BIN)/python -m pytest -n 3 --dist loadgroup

# And what a quarter of an hour is too short for: each kill, every case, five times as many generated ones.
thorough: install
	THOROUGH=1 $(BIN)/python -m pytest -n 3 --dist loadgroup --timeout 3600

# Takes each protection away in a copy of the tree and shows how a kill or a freeze ends then: a quarter of an hour.
# Some of them only: make mutations ONLY="fence sweep"
mutations: install
	@$(BIN)/python -m tests.mutations.remove $(ONLY)

# A kill before every call, reads too, and the rotation of tokens in full: half an hour.
kills: install
	THOROUGH=1 $(BIN)/python -m pytest -n 2 --dist loadgroup --timeout 3600 tests/functional/kills tests/functional/test_rotation_killed.py

# What registries are found in real projects, against what these register when they are imported.
TRUTH := .local/truth/.installed
truth: install $(TRUTH)
	$(BIN)/python -m pytest -n 0 tests/truth

$(TRUTH): tests/truth/requirements.txt
	@rm -rf .local/truth
	@$(PIP_INSTALL) --no-deps --target .local/truth -r tests/truth/requirements.txt
	@touch $@

# docs/api.md and its examples, from what the routes declare and what the simulated stack answers.
api: install
	@$(BIN)/python -m tests.functional.api_examples

# The console in Debian's Chromium, which it installs (as root, or by sudo), with Playwright and axe-core.
CHROMIUM := /usr/bin/chromium
BROWSER := $(BIN)/.browser-installed
browser-test: install $(BROWSER)
	$(BIN)/python -m pytest tests/functional/console

# The pictures in docs/console.md.
screenshots: install $(BROWSER)
	@$(BIN)/python -m tests.functional.console.screenshots

$(BROWSER): tests/functional/console/requirements.txt
	test -x $(CHROMIUM) || sh tests/functional/console/install_chromium.sh
	$(PIP_INSTALL) --quiet -r $<
	touch $@

# Generated requests to every route of a running stack: FUZZ="--requests 20000 --seed 7".
fuzz: install
	@$(BIN)/python -m tests.functional.fuzz $(FUZZ)

quick: check
	$(BIN)/python -m pytest -n 3 --dist loadgroup -m "not slow"

# Everything goes wrong, and nothing may be lost: README, "Torture". KILLS, FAULTS and LATE are minima.
SEED ?= 1
DURATION ?= 60
OPTIONS := TICKETS KILLS FAULTS LATE DROPS STATE TIME_SCALE
torture: $(INSTALLED) $(AZURITE)
	@$(BIN)/python -m local.torture --seed $(SEED) --duration $(DURATION) \
		$(foreach name,$(OPTIONS),$(if $($(name)),--$(shell echo $(name) | tr A-Z_ a-z-) $($(name))))

check: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

install: $(INSTALLED) $(TESTS_INSTALLED) $(AZURITE) $(NODE_CLIENT)

# Made again when the Python that it was made of is gone.
$(BIN)/python:
	@python=$$(sh local/prerequisites.sh $(PYTHON)) && "$$python" -m venv --clear $(VENV)

$(INSTALLED): $(BIN)/python requirements.txt local/requirements.txt
	@echo "Installing Python packages into $(VENV) (once, about half a minute) ..."
	@$(PIP_INSTALL) -r requirements.txt -r local/requirements.txt
	@touch $@

$(TESTS_INSTALLED): $(INSTALLED) tests/requirements.txt
	@echo "Installing what the checks need into $(VENV) (once, about half a minute) ..."
	@$(PIP_INSTALL) -r requirements.txt -r local/requirements.txt -r tests/requirements.txt
	@touch $@

# Its .npmrc says how: without scripts, without warnings.
$(AZURITE): local/azurite/package-lock.json local/azurite/.npmrc
	@sh local/prerequisites.sh $(PYTHON) > /dev/null
	@echo "Installing Azurite, the storage emulator, into local/azurite (once, about half a minute) ..."
	@npm --prefix local/azurite ci
	@touch $@

# Microsoft's Node client, which the contract tests drive.
$(NODE_CLIENT): tests/contract/node/package-lock.json tests/contract/node/.npmrc
	@npm --prefix tests/contract/node ci
	@touch $@

# A connection of 50,000 pending tickets and nine of 10: about ten minutes. FAIRNESS="--pending 5000" is shorter.
fairness: install
	$(BIN)/python -m bench.fairness $(FAIRNESS)

# Ours and what people would use instead, in turn: docs/benchmarks.md. BENCH="tickets --rounds 1" is shorter.
bench: install
	@$(BIN)/python -m bench $(BENCH)

# What 10,000 tickets and an idle month cost, and what gives first with ever more tenants: SCALE="--tickets 200" is shorter.
scale: install
	$(BIN)/python -m bench.scale $(SCALE)

clean:
	rm -rf $(VENV) .local local/azurite/node_modules tests/contract/node/node_modules
