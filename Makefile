# The verbs: run, test, check, bench, wheel, audit, sbom. Each sets up what it needs.
PYTHON ?= python3
UV_VERSION := 0.13.9
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
# Whichever environment the shell has activated, this checkout's is meant.
export VIRTUAL_ENV := $(CURDIR)/.venv
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1
# Compiled modules are kept: each process that starts after the first starts in half the time.
unexport PYTHONDONTWRITEBYTECODE

# Side by side; the tests of a file stay together, as what they share is made once.
PYTEST := pytest -n logical --maxprocesses 4 --dist loadfile

.PHONY: run test test-quick test-frontend check bench wheel setup chromium pacs-tools lint lock audit audit-python audit-npm sbom clean

run: setup
	@scarmass demo && exec scarmass serve

test: setup chromium pacs-tools
	@$(MAKE) --no-print-directory --jobs=2 lint test-frontend
	$(PYTEST)

check: setup
	@$(MAKE) --no-print-directory --jobs=3 lint test-frontend test-quick

test-quick: setup
	$(PYTEST) -q -m "not slow and not browser"

test-frontend: setup
	npm --prefix frontend run --silent test

bench: setup
	python -m benchmarks

wheel: setup
	uv build --quiet --wheel --no-build-isolation --out-dir dist

setup: .stamps/python .stamps/bundle

.stamps/python: requirements.lock pyproject.toml
	@mkdir -p .stamps
	@test -x $(BIN)/uv || { \
		$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "ScarMass needs Python 3.11 or newer")' && \
		echo "Making .venv" && $(PYTHON) -m venv .venv && \
		$(BIN)/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION); }
	@echo "Installing the pinned packages"
	uv pip sync --require-hashes requirements.lock
	uv pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

.stamps/bundle: .stamps/python frontend/package-lock.json frontend/build.mjs
	@echo "Building the browser bundle"
	cd frontend && npm ci --no-audit --no-fund --loglevel=error && node build.mjs
	@touch $@

chromium: setup
	@python -m tests.browser.chromium

pacs-tools: setup
	@python -m tests.pacs.tools

lint:
	ruff check .
	ruff format --check .
	pyright
	lint-imports
	python -m scarmass.api.openapi | npm --prefix frontend run --silent types
	npm --prefix frontend run --silent lint
	hadolint Dockerfile.gpu
	check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml docker-compose.several-machines.yml

lock:
	uv pip compile --quiet --universal --python-version 3.11 --all-extras --group dev --generate-hashes \
		--no-emit-index-url --no-emit-find-links --no-header pyproject.toml --output-file requirements.lock
	uv pip compile --quiet --universal --python-version 3.11 --extra models --extra remote --extra s3 \
		--constraint requirements.lock --generate-hashes --no-annotate --no-emit-index-url --no-emit-find-links \
		--no-header pyproject.toml --output-file requirements-serve.lock

# Known weaknesses in what is pinned: asks PyPI and npm, and fails where one of them does not answer for a package.
audit: audit-python audit-npm

audit-python: setup
	pip-audit --strict --disable-pip --require-hashes --progress-spinner off --requirement requirements.lock

audit-npm: setup
	npm --prefix frontend audit --audit-level=low

# What an image is made of, as CycloneDX: Python packages and those in the page's bundle. Each is held against its schema.
sbom: setup
	@mkdir -p dist
	cyclonedx-py requirements requirements-serve.lock --pyproject pyproject.toml --output-reproducible \
		--output-file dist/sbom-python.json
	npm --prefix frontend sbom --package-lock-only --omit dev --sbom-type application --sbom-format cyclonedx \
		> dist/sbom-page.json
	python -m tests.sbom dist/sbom-python.json dist/sbom-page.json

clean:
	rm -rf .venv .stamps frontend/node_modules frontend/static/vendor frontend/openapi.d.ts
