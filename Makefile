# Two commands: `make demo` builds the United States-Colombia case and its site; `make test` runs every check.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PEERS := $(VENV)/.peers

.PHONY: demo demo-imagery test parity validity score bench fuzz lock wheel clean

demo: $(READY)
	$(BIN)/vereda demo

# Land cover of a real cube, from files to a cited area; says which of the publishers' files is missing and where to get it.
IMAGERY ?= lucc_MT/data
demo-imagery: $(READY)
	$(BIN)/vereda classify case cases/mato-grosso --data $(IMAGERY) --out build/mato-grosso

test: $(READY)
	$(BIN)/ruff check src tests benchmarks
	$(BIN)/ruff format --check src tests benchmarks
	$(BIN)/mypy
	$(BIN)/pytest

# The same estimates by independent packages; installs them first.
parity: $(PEERS)
	$(BIN)/pytest -m parity

# Reference values, agreement with other packages, coverage by simulation; writes docs/validity.md.
validity: $(PEERS)
	$(BIN)/python benchmarks/validity --date $$(date +%F) --out docs/validity.md

# Precision and recall of the statement extractors on annotated texts; writes them to docs/statements.md.
score: $(READY)
	$(BIN)/python benchmarks/score --out docs/statements.md

bench: $(PEERS)
	$(BIN)/pytest benchmarks --benchmark-enable -s

# Bytes that a reader neither reads nor refuses, searched by coverage (atheris); what it finds stays in build/fuzz.
SECONDS ?= 300
fuzz: $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-fuzz.lock
	$(BIN)/python tests/sources/fuzz_readers.py build/fuzz -max_total_time=$(SECONDS) -max_len=100000

wheel: $(READY)
	$(BIN)/python -m build --no-isolation --wheel --outdir dist

# The packages that answer the same questions, for the comparisons in tests and benchmarks.
$(PEERS): $(READY) requirements-parity.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-parity.lock
	@touch $(PEERS)

# Set up once; again when the lock or the project's metadata changes.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "vereda needs Python 3.11 or newer; this is $$($(PYTHON) --version). Try: make PYTHON=python3.12"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)

# Needs uv; writes the pinned, hashed sets that the set-up installs: ours, and ours with the peers we compare with.
HASHED := --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --quiet
LOCK := uv pip compile pyproject.toml --extra dev --extra imagery --extra language --extra review $(HASHED)
lock:
	$(LOCK) --output-file requirements.lock
	$(LOCK) --extra parity --constraint requirements.lock --output-file requirements-parity.lock
	echo 'atheris==3.0.0' | uv pip compile - $(HASHED) --output-file requirements-fuzz.lock

clean:
	rm -rf build dist $(VENV)
