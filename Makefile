# run    a demo practice on 127.0.0.1:8080 (PORT= changes it)
# test   checks, then the whole suite
# check  ruff, mypy, the architecture
# bench  figures; soak: the long forms of the tests; defences: each turned off in a copy, to see its test go red
PYTHON ?= python3
PORT ?= 8080
VENV := .venv
BIN := $(VENV)/bin
CORE := $(wildcard mediacore/*.pyx mediacore/*.pxd mediacore/*.h mediacore/*.c)

.PHONY: run test check build bench soak defences clean

run: build
	@$(BIN)/telepraxis demo --port $(PORT)

# What fails is tried once more, alone: a fault that stands fails the run, and a shaky test shows.
test:
	@$(MAKE) --no-print-directory --jobs 2 system check
	@$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --ignore $(SHAPE) \
		|| { echo "== once more, what failed:"; $(BIN)/python -m pytest --last-failed --last-failed-no-failures none; }

.PHONY: types shape
SHAPE := tests/test_architecture.py
check: types shape

types: $(VENV)/.locked
	@$(BIN)/mypy

shape: build
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/python -m pytest $(SHAPE)

build: $(VENV)/.built

bench: build peers system
	@$(PEERS)/bin/python -m benchmarks

soak: build system
	@$(BIN)/python -m pytest --soak

defences: build system
	@$(BIN)/python -m tests.defences

clean:
	rm -rf $(VENV) build *.egg-info mediacore/*.so

$(VENV)/.locked: requirements.txt
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements.txt
	@touch $@

$(VENV)/.built: $(VENV)/.locked setup.py pyproject.toml $(CORE)
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

.PHONY: system
system:
	@sh tests/system.sh

# fuzz      each decoder and buffer under atheris for FUZZ_SECONDS (CPython 3.11), in an environment of its own
# sanitize  the media core under AddressSanitizer, UndefinedBehaviorSanitizer and bounds checks, in every form that
#           runs here: the fuzz corpus and its tests, on that build and no other
FUZZ := .venv-fuzz
FUZZ_SECONDS ?= 60
FUZZ_TARGETS := unpackers deltas readers jitter delays clock heart filters ring scaling
SANITIZED := build/sanitize
SANITIZING = MEDIACORE_BUILD=$(SANITIZED) PYTHONMALLOC=malloc PYTHONSAFEPATH=1 UBSAN_OPTIONS=print_stacktrace=1 \
	ASAN_OPTIONS=detect_leaks=0 LD_PRELOAD=$$(gcc -print-file-name=libasan.so)

.PHONY: fuzz sanitize
fuzz: $(FUZZ)/.built
	@for target in $(FUZZ_TARGETS); do \
		echo "fuzz: $$target"; \
		$(FUZZ)/bin/python -m tests.mediacore.fuzzer $$target -max_total_time=$(FUZZ_SECONDS) -max_len=600 \
			-artifact_prefix=build/ || exit 1; \
	done

$(FUZZ)/.built: requirements-fuzz.txt setup.py pyproject.toml $(CORE)
	@test -d $(FUZZ) || $(PYTHON) -m venv $(FUZZ)
	@$(FUZZ)/bin/python -m pip install --quiet --require-hashes -r requirements-fuzz.txt
	@$(FUZZ)/bin/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

sanitize: build
	@MEDIACORE_SANITIZE=1 $(BIN)/python setup.py --quiet build_py --build-lib $(SANITIZED) \
		build_ext --build-lib $(SANITIZED) --build-temp $(SANITIZED)-temp
	@best=$$($(BIN)/python -c "from mediacore.wave import isa; print(isa())"); \
	for form in plain avx2 avx512; do \
		echo "sanitize: $$form"; \
		MEDIACORE_ISA=$$form PYTHONPATH=$(SANITIZED):. $(SANITIZING) $(BIN)/python -m tests.mediacore.fuzz || exit 1; \
		MEDIACORE_ISA=$$form PYTHONPATH=$(SANITIZED) $(SANITIZING) \
			$(BIN)/python -m pytest --import-mode=append tests/mediacore -k "not every_form" || exit 1; \
		[ $$form = $$best ] && break; \
	done

# peers     what the benchmarks compare with, locked, in a virtual environment of its own
PEERS := .venv-peers

.PHONY: peers
peers: $(PEERS)/.built

$(PEERS)/.built: requirements-peers.txt setup.py pyproject.toml $(CORE)
	@test -d $(PEERS) || $(PYTHON) -m venv $(PEERS)
	@$(PEERS)/bin/python -m pip install --quiet --require-hashes -r requirements-peers.txt
	@$(PEERS)/bin/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@
