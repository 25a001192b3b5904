# Each target says what it does, can be run again, and sets up what it needs.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
PERSON ?= examples/office_worker.toml
OUT ?= out
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
# The files list every package, so nothing is resolved anew: a release made tomorrow changes nothing.
PINNED := --require-hashes --no-deps

.PHONY: compare serve test test-core lint format bench bench-peers calibrate cases picture screenshots docs system clean

compare: $(VENV)/.base
	@mkdir -p $(OUT)
	@$(BIN)/needlewise compare $(PERSON) --html $(OUT)/comparison.html --pdf $(OUT)/comparison.pdf --force || [ $$? -eq 3 ]
	@echo
	@echo "The same as a page and as a PDF: $(OUT)/comparison.html, $(OUT)/comparison.pdf"
	@echo "Your own answers next:"
	@echo "  $(BIN)/needlewise ask -o me.toml"
	@echo "  make compare PERSON=me.toml"

serve: $(VENV)/.web
	@NEEDLEWISE_DATA=$${NEEDLEWISE_DATA:-$(OUT)/site} $(BIN)/needlewise serve

test: lint system
	@echo "Running all tests ..."
	@$(BIN)/python -m pytest -n auto --cov --cov-report=term:skip-covered

test-core: $(VENV)/.dev
	@$(BIN)/python -m pytest -n auto --ignore=tests/web

# A browser and a database server for the tests. As root on Debian they are installed; any other
# user is told the one command that does it.
system:
	@missing=""; \
	command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || missing="chromium"; \
	ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null || missing="$$missing postgresql"; \
	if [ -n "$$missing" ]; then \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "Installing$$(printf ' %s' $$missing) ..."; \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $$missing >/dev/null; \
	  else echo "The tests need $$missing: on Debian, type: sudo apt-get install $$missing"; exit 1; fi; \
	fi

lint: $(VENV)/.dev
	@echo "Checking format, style and types ..."
	@$(BIN)/ruff format --check --quiet src tests benchmarks scripts || { echo "run: make format"; exit 1; }
	@$(BIN)/ruff check --quiet src tests benchmarks scripts
	@$(BIN)/mypy --no-error-summary

format: $(VENV)/.dev
	@$(BIN)/ruff format src tests benchmarks scripts
	@$(BIN)/ruff check --fix --quiet src tests benchmarks scripts

bench: $(VENV)/.dev
	@$(BIN)/python -m compileall -q src/needlewise
	@$(BIN)/python benchmarks/run.py
	@$(BIN)/python benchmarks/networks.py
	@$(BIN)/python benchmarks/site.py

bench-peers: $(VENV)/.dev
	@$(BIN)/python -m benchmarks.peers

calibrate: $(VENV)/.base
	@$(BIN)/needlewise calibrate
	@$(BIN)/python benchmarks/calibrate.py

cases: $(VENV)/.base
	@$(BIN)/needlewise cases run

screenshots: $(VENV)/.dev system
	@$(BIN)/python -m scripts.make_screenshots

picture: $(VENV)/.base
	@$(BIN)/python scripts/make_picture.py

docs: $(VENV)/.base picture
	@$(BIN)/python scripts/make_docs.py

clean:
	rm -rf $(VENV) $(OUT)

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "needlewise needs Python 3.11 or newer and found none: install python3.11, then type make again."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "needlewise needs Python 3.11 or newer; $(PYTHON) is older: type make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "Python's venv module is missing: on Debian, type apt-get install python3.11-venv, then make again."; exit 1; }
	@echo "Making $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.base: requirements/base.txt pyproject.toml | $(VENV)/bin/python
	@echo "Installing needlewise from pinned versions ..."
	@$(PIP) install $(PINNED) -r requirements/base.txt
	@$(PIP) install $(PINNED) -r requirements/build.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@$(BIN)/python -m compileall -q src/needlewise
	@touch $@

$(VENV)/.web: requirements/web.txt $(VENV)/.base
	@echo "Installing what the site needs ..."
	@$(PIP) install $(PINNED) -r requirements/web.txt
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.base
	@echo "Installing what the tests need ..."
	@$(PIP) install $(PINNED) -r requirements/dev.txt
	@touch $@
