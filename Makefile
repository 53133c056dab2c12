# One target per need; `make help` prints them. Most need only Go, git and make,
# and the network where Go has not yet got a module; CONTRIBUTING.md says which
# need Node or Chromium.

SHELL = /bin/sh

FUZZTIME = 10s
SOAKTIME = 2m
BENCH = .
BENCHTIME = 0.5s
COUNT = 6
BASE = HEAD
VULNDB = https://vuln.go.dev

ROOT = $(CURDIR)
TOOL = go tool -modfile="$(ROOT)/internal/tools/go.mod"

# The nested modules, for a shell loop: all go.mod files that git knows or
# would take, without the root module and the tools.
MODULES = git ls-files --cached --others --exclude-standard 'go.mod' '*/go.mod' | \
	sed -n 's,/go\.mod$$,,p' | grep -v '^internal/tools$$' | sort

# The benchmarks of the root module and of internal/bench in the tree $1, $2 times.
benchmarks = cd $1 && go test -run '^$$' -bench '$(BENCH)' -benchtime $(BENCHTIME) -benchmem -count $2 $(BENCH_PACKAGES) && \
	cd internal/bench && go test -run '^$$' -bench '$(BENCH)' -benchtime $(BENCHTIME) -benchmem -count $2 -timeout 30m .

BENCH_PACKAGES = ./...

# The modules that a report names.
BENCH_MODULES = go.opentelemetry.io/otel go.opentelemetry.io/otel/sdk \
	go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp

.PHONY: check help fmt test test-concurrent test-modules test-sdk test-browser picture lint fuzz fuzz-short soak bench \
	bench-compare bench-report examples readme-check release-check cover tidy-check fmt-check verify vulncheck ci clean

check: fmt lint test test-modules fuzz-short ## format, then check everything (default)

help: ## print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' Makefile

fmt: ## format all Go files
	@git ls-files --cached --others --exclude-standard '*.go' | \
		while IFS= read -r f; do [ ! -f "$$f" ] || gofmt -l -w "$$f" || exit 1; done

# The race detector is tried, not guessed: it needs cgo, a C compiler and a
# platform that has it. What it would distort, such as allocations, is tested
# without it.
test: ## test the root module, with the race detector where it works
	@race=-race; \
	if ! go test -race -run '^$$' errors >/dev/null 2>&1; then \
		race=; \
		echo "make test: the race detector does not work here (it needs cgo and a C compiler); testing without -race"; \
		if [ -n "$$OTELMISTRAL_TEST_NO_SKIP" ]; then \
			echo "make test: OTELMISTRAL_TEST_NO_SKIP is set, so that is a failure" >&2; exit 1; \
		fi; \
	fi; \
	echo "go test $$race -shuffle=on -timeout 4m ./..."; \
	go test $$race -shuffle=on -timeout 4m ./... || exit 1; \
	[ -n "$$race" ] || exit 0; \
	list=$$(git grep -l --untracked '^//go:build !race' -- '*_test.go' | sed 's,/[^/]*$$,,; s,^,./,' | sort -u); \
	echo "go test -shuffle=on -timeout 4m" $$list; \
	go test -shuffle=on -timeout 4m $$list

# With -short the big ones are smaller: a hundred times that is more. Packages
# without such tests are not even built.
test-concurrent: ## run the tests named ...ConcurrentSafe 100 times, with the race detector (some minutes on 2 cores)
	go test -race -short -count 100 -timeout 20m -run ConcurrentSafe \
		$$(git grep --untracked -l '^func Test.*ConcurrentSafe(' -- '*_test.go' | xargs -n 1 dirname | sort -u | sed 's,^,./,')

test-modules: ## test the nested modules: examples with dependencies of their own, benchmarks, the page in Chromium
	@$(MODULES) | while IFS= read -r m; do \
		echo "go test ./... in $$m"; \
		(cd "$$m" && go vet ./... && go test -timeout 5m ./...) </dev/null || exit 1; \
	done

# Needs Node and, the first time, the network for npm. What Node reads, Go's cache
# of test results does not know.
test-sdk: ## test the proxy with Mistral's TypeScript SDK
	go vet -tags sdk ./examples/proxy
	go test -tags sdk -run SDK -count=1 -timeout 5m ./examples/proxy

test-browser: ## look at the page of package console in Chromium (test-modules does, too)
	cd internal/browser && go test -timeout 2m ./...

picture: ## write docs/trace.png, the page of package console as Chromium shows it
	cd internal/browser && go test -timeout 2m -run Picture . -update

lint: ## lint the root module and the nested ones
	$(TOOL) golangci-lint run ./...
	@$(MODULES) | while IFS= read -r m; do \
		echo "golangci-lint run ./... in $$m"; \
		(cd "$$m" && $(TOOL) golangci-lint run --config "$(ROOT)/.golangci.yml" ./...) </dev/null || exit 1; \
	done

# go test fuzzes one target of one package at a time. When the machine is busy Go
# 1.26 fails a target whose time is up, though it has found nothing:
# https://go.dev/issue/75804. What it finds, it writes down.
fuzz: ## run each fuzz target for FUZZTIME (10s)
	@list=$$(go test -list '^Fuzz' ./...) || { echo "$$list"; exit 1; }; \
	mkdir -p bin; \
	printf '%s\n' "$$list" | \
	awk '/^Fuzz/ { name[n++] = $$1 } /^ok/ { for (i = 0; i < n; i++) print $$2, name[i]; n = 0 }' | \
	while read -r pkg name; do \
		echo "$$pkg $$name"; \
		{ go test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x "$$pkg" 2>&1 </dev/null; echo "exit status of go test: $$?"; } | \
			tee bin/fuzz.txt; \
		grep -qx 'exit status of go test: 0' bin/fuzz.txt && continue; \
		grep -qx ' *context deadline exceeded' bin/fuzz.txt && ! grep -q 'Failing input written' bin/fuzz.txt || exit 1; \
		echo "its time was up, and it has found nothing: go.dev/issue/75804"; \
	done

fuzz-short: ## run each fuzz target for 3 seconds
	@$(MAKE) fuzz FUZZTIME=3s

soak: ## make calls with faults for SOAKTIME (2m); plot heap and goroutines into bin, fail if they grow
	go run ./internal/soak -time $(SOAKTIME) -out bin

bench: ## run the benchmarks that match BENCH (all), COUNT times (6)
	$(call benchmarks,.,$(COUNT))

# git archive leaves the work tree and its branches alone. The link lets the old
# benchmarks find the test data next to the repository, where there is any.
bench-compare: ## compare the benchmarks of the commit BASE (HEAD) with the work tree
	@rm -rf bin/base && mkdir -p bin/base
	git archive --format=tar -o bin/base.tar $(BASE)
	@tar -xf bin/base.tar -C bin/base && rm bin/base.tar && ln -sfn ../../shared bin/shared
	($(call benchmarks,bin/base,$(COUNT))) > bin/bench-base.txt
	($(call benchmarks,.,$(COUNT))) > bin/bench-new.txt
	$(TOOL) benchstat base=bin/bench-base.txt new=bin/bench-new.txt

# All that the report compares is run once per round, so that what else the
# machine does meets all of it alike.
bench-report: BENCH_PACKAGES = ./instrumentation/langfuse ./instrumentation/respan ./instrumentation/destination
bench-report: ## run the benchmarks in COUNT rounds (6) and write BENCHMARKS.md from them
	@mkdir -p bin
	@{ echo "go: $$(go env GOVERSION)"; echo "commit: $$(git describe --always --dirty)"; \
		echo "command: make bench-report COUNT=$(COUNT) BENCHTIME=$(BENCHTIME)"; \
		cd internal/bench && go list -m -f 'module: {{.Path}} {{.Version}}' $(BENCH_MODULES); } > bin/bench.txt
	@for round in $$(seq $(COUNT)); do \
		echo "round $$round of $(COUNT)"; \
		($(call benchmarks,.,1)) >> bin/bench.txt || { tail -n 20 bin/bench.txt; exit 1; }; \
	done
	cd internal/bench && go run ./report -md "$(ROOT)/BENCHMARKS.md" -svg "$(ROOT)/docs/stream-cost.svg" < "$(ROOT)/bin/bench.txt"

# Without the keys and destinations of this machine, so that each example calls the
# server inside it and prints its trace; the proxy, too, instead of serving. Nested
# modules have tests instead.
examples: ## run the examples of the root module; fail if one breaks
	@unset MISTRAL_API_KEY $$(awk 'BEGIN { for (v in ENVIRON) if (v ~ /^(OTEL|RESPAN|LANGFUSE)_[A-Z_]+$$/) print v }'); \
	export MISTRAL_PROXY_DEMO=true; \
	list=$$(go list -f '{{if eq .Name "main"}}{{.ImportPath}}{{end}}' ./examples/...) || exit 1; \
	for pkg in $$list; do \
		printf '\n=== go run ./examples/%s\n\n' "$${pkg##*/examples/}"; \
		go run "$$pkg" </dev/null || exit 1; \
	done

readme-check: ## run the commands of README.md in a fresh clone; build its Go code and that of docs/migration.md
	go run ./internal/readmecheck

release-check: ## tell what is missing for a release: make release-check VERSION=v0.1.0
	@./.ci/release-check "$(VERSION)"

cover: ## print the test coverage of the root module
	go test -coverprofile=coverage.out -coverpkg=./... ./...
	@go tool cover -func=coverage.out | tail -n 1

tidy-check: ## check that go.mod and go.sum of each module are tidy
	go mod tidy -diff
	cd internal/tools && go mod tidy -diff
	@$(MODULES) | while IFS= read -r m; do \
		echo "go mod tidy -diff in $$m"; (cd "$$m" && go mod tidy -diff) </dev/null || exit 1; \
	done

fmt-check: ## check that all Go files are formatted
	@bad=$$(git ls-files --cached --others --exclude-standard '*.go' | \
		while IFS= read -r f; do [ ! -f "$$f" ] || gofmt -l "$$f" || exit 1; done) || exit 1; \
	[ -z "$$bad" ] || { echo "not formatted, run make fmt:"; echo "$$bad"; exit 1; }

verify: ## check the downloaded modules against go.sum
	go mod verify
	cd internal/tools && go mod verify
	@$(MODULES) | while IFS= read -r m; do \
		echo "go mod verify in $$m"; (cd "$$m" && go mod verify) </dev/null || exit 1; \
	done

# A finding fails. A database that cannot be reached does not, or nobody could
# build behind a firewall; VULNDB names another.
vulncheck: ## look for known vulnerabilities in what all modules call (needs the network)
	@{ echo .; $(MODULES); } | while IFS= read -r m; do \
		echo "govulncheck ./... in $$m"; \
		out=$$(cd "$$m" && $(TOOL) govulncheck -db $(VULNDB) ./... 2>&1 </dev/null); code=$$?; \
		printf '%s\n' "$$out"; \
		case "$$code $$out" in \
		"0 "*) ;; \
		"1 "*"fetching vulnerabilities"*) \
			echo "make vulncheck: the vulnerability database cannot be reached, so NOTHING WAS CHECKED in $$m and after it"; exit 0;; \
		*) exit 1;; \
		esac; \
	done

ci: ## run what CI runs
	./.ci/run

clean: ## remove what the other targets leave behind
	rm -rf bin coverage.out
