# churnkit: `make repro` runs the main job, `make test` passes the tests; both install what they need first.
PYTHON ?= python3.11
BIN := .venv/bin
STAMP := .venv/.installed
export PATH := $(CURDIR)/$(BIN):$(PATH)
export DVC_NO_ANALYTICS := 1
export MLFLOW_DISABLE_TELEMETRY := true
export DO_NOT_TRACK := 1

.PHONY: help install repro test test-slow lint types ui docs bench clean
.DEFAULT_GOAL := help

help:  ## Say what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(STAMP)  ## Install what requirements.lock names into .venv

$(STAMP): requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "make: $(PYTHON) is not on the PATH; churnkit needs Python 3.11 (PYTHON=... names another)"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

repro: $(STAMP)  ## Run the pipeline: extracts in, ranked call lists out (a demo operator is simulated where data/extracts/ is empty)
	@ls -A data/extracts 2>/dev/null | grep -q . || churnkit simulate
	churnkit plan
	dvc repro
	@[ ! -d data/truth ] || churnkit truth

test: $(STAMP)  ## Run the tests
	$(BIN)/python -m pytest -n auto --dist loadfile -m "not slow"

test-slow: $(STAMP)  ## Run the slow tests: the whole pipeline, killed and repeated; thousands of damaged files
	$(BIN)/python -m pytest -n auto --dist loadfile -m slow

lint: $(STAMP)  ## Check the style of the code
	$(BIN)/ruff check src tests benchmarks

types: $(STAMP)  ## Check the types
	$(BIN)/mypy

ui: $(STAMP)  ## Serve the MLflow runs on http://127.0.0.1:5000
	@echo "Runs: http://127.0.0.1:5000/#/experiments/1/runs?workflowType=machine_learning  (Ctrl-C ends it)"
	@exec env PYTHONWARNINGS=ignore MLFLOW_LOGGING_LEVEL=WARNING MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false \
		mlflow server --workers 1 --uvicorn-opts "--log-level warning" --backend-store-uri $${MLFLOW_TRACKING_URI:-sqlite:///mlflow.db} --host 127.0.0.1

docs: $(STAMP)  ## Write the generated pages of docs/ anew
	churnkit docs

bench: $(STAMP)  ## Time the stages of the demo; ingest, features and the model beside what a user would pick instead
	$(BIN)/python benchmarks/repro.py
	$(BIN)/python benchmarks/ingest.py
	$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements-bench.lock
	$(BIN)/python benchmarks/model.py
	for one in churnkit pipeline plain; do $(BIN)/python benchmarks/model_size.py $$one; done
	$(PYTHON) -m venv .venv/old
	.venv/old/bin/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements-bench-old.lock
	$(BIN)/python benchmarks/features.py --old-python $(CURDIR)/.venv/old/bin/python

clean:  ## Remove what the pipeline made; extracts, key, MLflow runs and .venv stay
	rm -rf data/deliveries data/cohorts data/features data/scores data/lists models/evaluated models/latest reports months.yaml dvc.lock .churnkit .dvc/cache .dvc/tmp
