# run    a demo practice on 127.0.0.1:8080 (PORT= changes it)
# test   checks, then the whole suite
# check  ruff, mypy, the architecture
# bench  figures; soak: the long forms of the tests
PYTHON ?= python3
PORT ?= 8080
VENV := .venv
BIN := $(VENV)/bin
CORE := $(wildcard mediacore/*.pyx mediacore/*.pxd mediacore/*.h mediacore/*.c)

.PHONY: run test check build bench soak clean

run: build
	@$(BIN)/telepraxis demo --port $(PORT)

test: build chromium check
	@$(BIN)/python -m pytest

check: build
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -q tests/test_architecture.py

build: $(VENV)/.built

bench: build chromium
	@$(BIN)/python -m benchmarks

soak: build chromium
	@$(BIN)/python -m pytest --soak

clean:
	rm -rf $(VENV) build *.egg-info mediacore/*.so

$(VENV)/.locked: requirements.txt
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements.txt
	@touch $@

$(VENV)/.built: $(VENV)/.locked setup.py pyproject.toml $(CORE)
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

.PHONY: chromium
chromium:
	@sh tests/chromium.sh
