# Short names for what is done every day; .ci/run does all of it. README.md has the two commands that set up and start.
.PHONY: setup demo test lint format types imports check compile

BIN := .venv/bin

setup:
	python3 -m venv .venv && $(BIN)/pip install -q uv && $(BIN)/uv sync -q --locked --inexact

demo: setup
	$(BIN)/conformance demo

test: setup
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

lint:
	$(BIN)/ruff check . && $(BIN)/ruff format --check .

format:
	$(BIN)/ruff check --fix . && $(BIN)/ruff format .

types:
	$(BIN)/mypy

imports:
	$(BIN)/lint-imports

# Published documents, editions and synthetic data agree with what they are made from.
check:
	$(BIN)/conformance spec check
	$(BIN)/conformance compile --check
	$(BIN)/python fixtures/make.py --check

compile:
	$(BIN)/conformance compile
