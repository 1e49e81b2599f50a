# Each target sets up what it needs, on a machine with Python 3.11 or later, make and pip.
PYTHON ?= python3
VENV ?= .venv
UV_VERSION := 0.13.9
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test test-further dev lint generate bench docs lock setup clean up down logs purge backup restore test-deploy

demo: $(READY)
	$(BIN)/ads demo

test: $(READY)
	$(BIN)/python -m pytest

# What takes longer: servers, clusters, kills, commands of long chains. CI runs both.
test-further: $(READY)
	$(BIN)/python -m pytest -m 'further and not slow'

dev: $(READY)
	$(BIN)/ads dev

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/sqlfluff lint --disable-progress-bar sql

# What is made from the event contract and the settings; commit it.
generate: $(READY)
	$(BIN)/python -m tools.generate

bench: $(READY)
	$(BIN)/python -m benchmarks

# The production stack (docs/deploy.md), in containers. They need Docker with Compose, and no Python.
up:
	@sh docker/up.sh

down:
	@sh docker/compose.sh down --remove-orphans

logs:
	@sh docker/compose.sh logs --follow --tail=100

# with its volumes; asks first
purge:
	@sh docker/purge.sh

# prints the backup's name
backup:
	@sh docker/backup.sh

# make restore BACKUP=name; asks first
restore:
	@sh docker/restore.sh

# The stack from nothing, under load, with each service killed in turn: minutes, and a Docker engine.
test-deploy: $(READY)
	$(BIN)/python -m pytest -n 0 -m deploy tests/deploy

# The site, in site/; a warning, such as a link that leads nowhere, ends it.
docs: $(READY)
	$(BIN)/zensical build --clean --strict

setup: $(READY)

# The environment is made anew when the lock changes. Without ensurepip (Debian's python3 without
# python3-venv) it is made by virtualenv.
$(BIN)/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is needed: set PYTHON=/path/to/python3.11" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV) || { $(PYTHON) -m pip install --quiet --user virtualenv && $(PYTHON) -m virtualenv --quiet $(VENV); }
	$(BIN)/python -m pip install --quiet uv==$(UV_VERSION)

$(READY): requirements.lock pyproject.toml | $(BIN)/uv
	VIRTUAL_ENV=$(VENV) $(BIN)/uv pip sync --quiet --compile-bytecode --require-hashes requirements.lock
	VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --no-deps uv==$(UV_VERSION) --editable .
	$(BIN)/python -m compileall -q ads_pipeline
	touch $(READY)

# Resolve anew. The lock names packages and hashes, and no place that they come from.
lock: | $(BIN)/uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-emit-index-url \
		--no-emit-find-links --custom-compile-command 'make lock' --extra embedded --extra server --group dev --group docs --output-file requirements.lock pyproject.toml
	for image in embedded server; do \
		$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-emit-index-url --no-emit-find-links \
			--custom-compile-command 'make lock' --extra $$image --constraint requirements.lock --output-file docker/$$image.lock pyproject.toml; done

clean:
	rm -rf $(VENV) .ads .bench .cache site
