# `make run` plays the story; `make test` proves the house. Both set up what they need.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export NEOCLOUD_TRACES ?= $(wildcard ../shared/traces)
export NEOCLOUD_SLURM_LAB ?= $(CURDIR)/tools/slurm-lab.sh

.PHONY: help setup run check test soak bench lock clean
.DEFAULT_GOAL := help

help: ## what can be made here
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/\t/' | expand -t 10

setup: $(VENV)/.done ## make .venv with neocloud in it

$(VENV)/.done: requirements-dev.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

run: setup ## play the real story on the ledger of two sites, find the surplus of an example, plan another
	$(BIN)/neocloud demo
	$(BIN)/neocloud surplus --example --price 1.5,2,2.5 --value 2 --notice 2m,1d,7d --report surplus.html
	@desk=$$(mktemp -d) && trap "rm -rf $$desk" EXIT && neocloud="$(BIN)/neocloud --data $$desk/desk" && \
	$$neocloud --now 2027-01-01 init $$desk/desk && \
	$$neocloud --now 2027-01-01 apply --yes -f examples/plan/fleet.yaml > $$desk/applied && \
	$$neocloud --now 2027-01-04 plan --requests examples/plan/requests.csv --scenario examples/plan/scenario.yaml \
	    --html plan.html

check: setup ## ruff, mypy, import-linter and the stories: under a minute
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -q tests/stories

test: check ## everything, with coverage
	tools/programs.sh
	$(BIN)/pytest -n 2 --cov --cov-report=term:skip-covered -m "not soak"

soak: setup ## longer proof: 200 kills in mid-commit, long simulations
	tools/programs.sh
	$(BIN)/pytest -m soak -s

bench: setup ## measure; results land in benchmarks/results
	$(BIN)/python -m benchmarks

lock: ## renew the hashed locks (needs uv)
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate --no-header \
	    --no-strip-extras \
	    --extra build pyproject.toml -o requirements.lock
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate --no-header \
	    --no-strip-extras \
	    --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock

clean: ## remove what was made
	rm -rf $(VENV) dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage .coverage.*
