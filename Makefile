# `make` lists the targets. Everything is built in one configuration (release, no testable
# imports), so that `make run`, `make check` and `make test` share one build of the dependencies.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

LISTEN ?= 127.0.0.1:8053
STORE ?= data/demo.store
SECONDS ?= 60
COUNT ?= 1000000

TIDEMARK := .build/release/tidemark
SAMPLE := Examples/sample.pcap Examples/partner-feed.ndjson Examples/make_demo.py
FORMATTED := Package.swift Sources Tests Benchmarks/Sources Fuzz/Package.swift Fuzz/Targets
BUILD := swift build -c release
# Few at a time: some tests hold a server to its time limits, and a thousand waiting tests are no load
# that they are about.
TEST := SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=4 \
  swift test -c release --disable-testable-imports --disable-xctest

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | \
	  awk -F ':.*## ' '{ printf "  make %-14s %s\n", $$1, $$2 }'

.PHONY: run
run: build $(STORE).filled ## Install what is missing, build, fill the demo store, serve it
	@echo "Serving $(STORE). Open http://$(LISTEN)/ in a browser, or in another terminal:"
	@echo "  curl -s http://$(LISTEN)/pdns/query/login-northbank.example"
	@exec $(TIDEMARK) serve --store $(STORE) --listen $(LISTEN)

# An interrupted import leaves no stamp and is simply repeated: importing twice adds nothing. The
# story of the demo ends on the day before the first run; changed samples do not tell it again.
$(STORE).filled: | $(SAMPLE)
	@mkdir -p $(dir $(STORE))
	@TIDEMARK=$(TIDEMARK) Examples/demo.sh $(STORE) yesterday
	@touch $@

.PHONY: build
build: install-deps ## Build the program: .build/release/tidemark
	@$(BUILD) --product tidemark

.PHONY: test
test: install-deps-test ## Build and run every Swift test; ends with one summary line
	@$(BUILD) --build-tests
	@$(TEST) --skip-build

.PHONY: check
check: install-deps-test ## Format, import layers, tidy rules, sample, shell syntax
	@swift format lint --strict --parallel --recursive $(wildcard $(FORMATTED))
	@$(BUILD) --build-tests --explicit-target-dependency-import-check error
	@$(TEST) --skip-build --filter TidyTests | tee .build/tidy.log
	@grep -qE 'Test run with [1-9][0-9]* tests' .build/tidy.log # a filter may match nothing
	@python3 Examples/make_sample.py --check
	@for script in Scripts/*.sh Examples/*.sh Tests/Interop/*.sh Fuzz/*.sh .ci/run; do bash -n "$$script"; done
	@echo "check: everything is tidy"

.PHONY: format
format: ## Rewrite the Swift files in the project's format
	@swift format -i --parallel --recursive $(wildcard $(FORMATTED))

.PHONY: test-docs
test-docs: build ## Run the commands that README.md and docs/ promise
	@Scripts/install-deps.sh docs
	@Scripts/test-docs.py

.PHONY: interop
interop: build ## Real clients, kill -9 and capture oracles against the built program
	@Scripts/install-deps.sh interop
	@Tests/Interop/run.sh

.PHONY: screenshots
screenshots: build ## Photograph every page into .build/screenshots, the best into docs/pictures
	@Scripts/install-deps.sh interop
	@.venv/bin/python -B Scripts/screenshots.py

.PHONY: completions
completions: build ## Write shell completions for bash, zsh and fish to .build/completions
	@mkdir -p .build/completions
	@for shell in bash zsh fish; do \
	  $(TIDEMARK) --generate-completion-script $$shell > .build/completions/tidemark.$$shell; done
	@ls .build/completions

.PHONY: man
man: build ## Write a manual page for each subcommand to .build/man
	@Scripts/make-man.py .build/man

.PHONY: differential
differential: install-deps-test ## Compare COUNT random rdata with dnspython (default a million)
	@$(BUILD) --product tidemark-rdata
	@.venv/bin/python -B Tests/Differential/rdata_dnspython.py --tool .build/release/tidemark-rdata \
	  --count $(COUNT)

.PHONY: fuzz-smoke
fuzz-smoke: ## Fuzz every parser for SECONDS each (default 60)
	@Scripts/install-deps.sh fuzz
	@Fuzz/run.sh $(SECONDS)

.PHONY: bench
bench: build ## Measure against baselines in one run and rewrite docs/performance.md's table
	@Scripts/install-deps.sh bench
	@$(BUILD) --product tidemark-bench
	@python3 Benchmarks/bench.py $(BENCH_ARGS)

.PHONY: install-deps
install-deps: ## Install what building and running need (Debian, Ubuntu)
	@Scripts/install-deps.sh run

.PHONY: install-deps-test
install-deps-test:
	@Scripts/install-deps.sh run test

.PHONY: clean
clean: ## Remove build products, the demo store and the Python environment
	@rm -rf .build Fuzz/.build Benchmarks/.build data .venv
