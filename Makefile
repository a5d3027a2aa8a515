# make demo      a whole exchange on loopback, with its routing log; Ctrl-C ends it
# make test      builds everything once and runs all tests
# make release   .build/release/wardline, optimised, with the Swift runtime inside
# make browser-test  an operator's day in a real browser: needs chromium, chromium-driver and selenium
# make lint      format check          make bench   benchmarks          make soak   the long crash and order tests

SHELL := /bin/bash
PACKAGES := libsqlite3-dev libssl-dev
BUILD := swift build --explicit-target-dependency-import-check error

.PHONY: demo test browser-test release lint bench soak packages generated

demo: packages
	$(BUILD) --product wardline
	.build/debug/wardline demo

# One after the other, so that what computes for long does not starve what waits for an answer; brokers one at a time.
COMPUTING := HL7Tests|HL7ConformanceTests|FHIRTests|MappingTests|FuzzTests|InterfacesTests
STORING := JournalingTests|AuditingTests|MLLPTests
test: packages
	$(BUILD) --build-tests
	@status=0; for tests in "--filter $(COMPUTING)" "--filter $(STORING)" \
	  "--skip $(COMPUTING)|$(STORING)|EndToEndTests" "--filter EndToEndTests --no-parallel"; do \
	  swift test --skip-build $$tests || status=1; done; exit $$status

browser-test: packages
	$(BUILD) --product wardline
	python3 Tests/Browser/operators_day.py .build/debug/wardline --screenshots .build/browser

release: packages
	swift build -c release --product wardline --static-swift-stdlib -Xlinker --strip-debug
	@ls -lh .build/release/wardline

lint:
	swift format lint --strict --recursive --parallel Package.swift Sources Tests

bench: packages
	swift run -c release Benchmarks

soak: packages
	$(BUILD) --build-tests
	WARDLINE_SOAK=1 swift test --skip-build --filter 'EndToEndTests|LaneSimulationTests'

# What is written by a script: run after the maps in Interfaces/maps or the pages in Sources/Console/Web changed.
generated:
	python3 Scripts/make-builtin-maps.py
	python3 Scripts/make-console-assets.py

packages:
	@missing=""; for package in $(PACKAGES); do \
	  dpkg -s $$package >/dev/null 2>&1 || missing="$$missing $$package"; done; \
	if [ -n "$$missing" ]; then \
	  if ! command -v apt-get >/dev/null; then \
	    echo "Install the development files of SQLite 3 and OpenSSL first (on Debian:$$missing)." >&2; exit 1; \
	  elif [ "$$(id -u)" = 0 ]; then \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $$missing; \
	  else \
	    echo "Packages are missing. Run: sudo apt-get install$$missing" >&2; exit 1; \
	  fi; \
	fi
