# Everything a person starts. Each target calls a script of bin/, which CI runs as well.
PORT ?= 8000
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup demo demo-fresh dev test test-quick lint format bench

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

setup: ## install everything that uv.lock names into .venv (the others do this first by themselves)
	@bin/setup

demo: setup ## serve a believable dental lab on http://localhost:8000 (PORT=8123 for another port)
	@.venv/bin/reprieve demo --port $(PORT)

demo-fresh: setup ## the same, from the beginning: what was done in the demo is forgotten
	@.venv/bin/reprieve demo --port $(PORT) --fresh

dev: setup ## serve a small lab that reloads with the code, shows tracebacks, and counts each page's queries (ARGS=--fresh)
	@.venv/bin/python -m dev --port $(PORT) $(ARGS)

test: ## run the whole suite, on SQLite and on PostgreSQL (ARGS="tests/orders -k pause" for some of it)
	@bin/test $(ARGS)

test-quick: setup ## run the tests of what you changed, on SQLite and without a browser (ARGS="-x --pdb")
	@bin/test-quick $(ARGS)

lint: ## run every static check: ruff, mypy, import-linter, djlint, migrations, shellcheck
	@bin/lint

format: ## rewrite the code as the linters want it
	@bin/format

bench: ## measure, and compare with the numbers that are promised
	@bin/bench
