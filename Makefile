# make demo   the main job on the built-in data       make test   every test
# make lint   ruff and mypy                           make bench  the benchmarks, minutes
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
SOURCES := pyproject.toml constraints.txt

.PHONY: demo test lint format bench clean
demo: .venv/demo
	$(BIN)/leastwise compare

test: .venv/test .venv/chromium .venv/java .venv/postgres
	$(BIN)/python -m pytest -n 2 --dist loadgroup

lint: .venv/lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: .venv/lint
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/test
	$(BIN)/python benchmarks/run.py

clean:
	rm -rf .venv build src/*.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

.venv/python:
	$(PYTHON) -m venv .venv
	touch $@

# setuptools comes first and builds the package in place, so that its version is pinned too.
.venv/demo: .venv/python $(SOURCES)
	$(PIP) setuptools
	$(PIP) --no-build-isolation -e '.[torch]'
	touch $@

.venv/test: .venv/demo
	$(PIP) --no-build-isolation -e '.[torch,test]'
	touch $@

.venv/lint: .venv/test
	$(PIP) --no-build-isolation -e '.[torch,test,lint]'
	touch $@

# The report is looked at in a real browser: Debian's Chromium, or the one CHROMIUM names.
.venv/chromium: .venv/python
	command -v $${CHROMIUM:-chromium} >/dev/null || { apt-get -qq update && apt-get -qq install -y chromium; } \
	  || echo "no Chromium: the browser tests are skipped (outside CI)"
	touch $@

# Spark runs on Java 17 or newer: Debian's, or the one JAVA_HOME names.
.venv/java: .venv/python
	test -n "$$JAVA_HOME" || command -v java >/dev/null || { apt-get -qq update && apt-get -qq install -y openjdk-17-jre-headless; } \
	  || echo "no Java: the Spark tests are skipped (outside CI)"
	touch $@

# The tests start a PostgreSQL of their own from Debian's package.
.venv/postgres: .venv/python
	ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || { apt-get -qq update && apt-get -qq install -y postgresql; } \
	  || echo "no PostgreSQL: its tests are skipped (outside CI)"
	touch $@
