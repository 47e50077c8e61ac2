# What people and CI run. `make` builds .build/release/triage.

PREFIX ?= /usr/local
bindir ?= $(PREFIX)/bin
DEMO ?= Fixtures/cases/web-probe-sessions
BINARY = .build/release/triage

.PHONY: build demo test fuzz bench bench-check lint format docs golden install uninstall help

build: ## the release binary, with Swift's libraries in it
	@scripts/setup build
	swift build -c release --static-swift-stdlib --product triage

demo: build ## diagnose a recorded incident (DEMO=folder)
	@$(BINARY) diagnose $(filter-out %/case.json,$(wildcard $(DEMO)/*)); code=$$?; \
	if [ $$code -eq 1 ]; then echo "(exit status 1: it found an incident)"; \
	elif [ $$code -ne 0 ]; then exit $$code; fi

test: ## all tests
	@scripts/test

bench: build ## compare with wc, mawk, goaccess and DuckDB; writes docs/performance.md
	@$(shell scripts/python) Benchmarks/bench --write

bench-check: build ## count instructions, and hold them against the record
	@$(shell scripts/python) Benchmarks/check

fuzz: ## look for bytes that break a reader (SECONDS=20 for each of some fifty targets)
	@scripts/fuzz $(or $(SECONDS),20)

lint: ## style of all sources
	@scripts/lint

format: ## bring Swift sources into style
	swift format format --in-place --recursive Sources Tests Plugins Package.swift

docs: ## write docs/cli.md, rules.md and facts.md from the program (a quick, unoptimised build)
	swift build --product triage
	@TRIAGE=.build/debug/triage scripts/docs

golden: ## record expected outputs anew; look at the diff before you commit it
	-TRIAGE_RECORD=1 swift test --disable-xctest
	@git --no-pager diff --stat

install: ## put the stripped binary into DESTDIR/PREFIX/bin
	@test -x $(BINARY) || { echo "install: no $(BINARY) yet: run 'make build' first" >&2; exit 1; }
	install -d $(DESTDIR)$(bindir)
	install -m 755 -s $(BINARY) $(DESTDIR)$(bindir)/triage

uninstall: ## remove it again
	rm -f $(DESTDIR)$(bindir)/triage

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
