# make study   create the environment and run the main study (5 minutes)    make test   the tests
# make check   lint, format, types          make oracle   against PyTorch    make bench  timings
# make bounds   with array bounds checked    make cpus   for another CPU, on four threads
# make messages   collect the sentences of the reports for translation, and compile the catalogs

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
STAMPS := $(VENV)/.installed

.PHONY: study test check oracle bounds cpus bench messages clean

study: $(STAMPS)-base
	$(BIN)/amont study cnn-vs-rnn

test: $(STAMPS)-test
	$(BIN)/python -m pytest

check: $(STAMPS)-check
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

oracle: $(STAMPS)-oracle
	$(BIN)/python -m pytest -m oracle tests/oracle

# Kernels compiled in another way are other kernels: a reduced set of tests, and a cache folder of their own. What the
# register tile writes through raw pointers, Numba does not check; the guarded margins of test_bounds.py do.
REDUCED := $(BIN)/python -m pytest tests/backends/cpu/test_bounds.py tests/backends/cpu/test_gemm.py \
	tests/backends/cpu/test_simd.py -k "split_in_parts or gemm or simd"

bounds: $(STAMPS)-test
	NUMBA_BOUNDSCHECK=1 NUMBA_CACHE_DIR=$(VENV)/kernels-bounds $(REDUCED)

cpus: $(STAMPS)-test
	NUMBA_CPU_NAME=generic NUMBA_CPU_FEATURES= NUMBA_CACHE_DIR=$(VENV)/kernels-generic AMONT_NUM_THREADS=4 $(REDUCED)

bench: $(STAMPS)-bench
	$(BIN)/python -m benchmarks

LOCALE := src/amont/locale
messages: $(STAMPS)-test
	$(BIN)/pybabel -q extract -F $(LOCALE)/babel.cfg --no-location --sort-output -o $(VENV)/amont.pot src/amont
	$(BIN)/pybabel -q update --no-fuzzy-matching --ignore-obsolete --width 110 -D amont -i $(VENV)/amont.pot -d $(LOCALE)
	$(BIN)/pybabel -q compile -D amont -d $(LOCALE)

clean:
	rm -rf $(VENV) .pytest_cache .hypothesis .mypy_cache .ruff_cache

# One stamp an extra: the environment is made once, and again when pyproject.toml changes.
$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "amont needs Python 3.11 or newer; set PYTHON=…")'
	$(PYTHON) -m venv $(VENV)

$(STAMPS)-base: $(BIN)/python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(STAMPS)-test: $(STAMPS)-base
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test]'
	@touch $@

$(STAMPS)-check: $(STAMPS)-test
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[check]'
	@touch $@

$(STAMPS)-bench: $(STAMPS)-base
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[bench]'
	@touch $@

$(STAMPS)-oracle: $(STAMPS)-test
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[oracle]'
	@touch $@
