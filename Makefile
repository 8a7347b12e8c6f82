# make            shows the targets
SHELL := /bin/sh
GO ?= go

.DEFAULT_GOAL := help
.PHONY: help build run cluster cluster-faults cluster-bench cluster-sdks cluster-suites test check unit postgresql s3 conformance sdks suites suites-short fuzz bench soak golden clean

help: ## show the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

build: ## build the program: bin/ossd
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags='-s -w' -o bin/ossd ./cmd/ossd

run: build ## build and serve on 127.0.0.1:8280; ARGS='--bootstrap FILE' adds flags
	./bin/ossd serve $(ARGS)

test: check unit sdks suites-short ## everything that CI runs; installs what it needs

check: ## formatting, vet, module files
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { echo "not gofmt'ed:"; gofmt -l $$(git ls-files '*.go'); exit 1; }
	$(GO) vet ./...
	$(GO) vet -tags conformance ./conformance/...
	$(GO) vet -tags soak ./cmd/ossd
	$(GO) vet -tags cluster ./ossdtest/...
	$(GO) mod verify
	$(GO) -C conformance/golang vet ./...
	$(GO) -C conformance/golang mod verify

s3: ## install the S3 store that tests run against
	$(GO) run ./engine/blob/s3/s3test/install

postgresql: ## install the server that tests start
	./engine/meta/postgres/postgrestest/install

unit: s3 postgresql ## Go tests, with the race detector where a C compiler is at hand
	@if command -v cc >/dev/null 2>&1; then CGO_ENABLED=1 $(GO) test -race ./...; else $(GO) test ./...; fi

conformance: sdks suites ## everything official, complete

sdks: build ## programs of ours through the official SDKs, against a running server
	./conformance/python/venv build/venv
	./conformance/js/install build/js
	./conformance/java/install build/java
	$(GO) build -C conformance/golang -o $(CURDIR)/build/golang/ ./...
	OSSD_BIN=$(CURDIR)/bin/ossd OSSD_TEST_VENV=$(CURDIR)/build/venv $(GO) test -count=1 -tags conformance -v ./conformance ./conformance/realnames

suites: build ## the official SDKs' own tests; RUN='TestOss2/v4' runs some
suites-short: build ## those of them that are quick and not listed
suites suites-short:
	./conformance/python/venv build/venv
	./conformance/suites/install build/suites build/venv/bin/python
	OSSD_BIN=$(CURDIR)/bin/ossd OSSD_TEST_SUITES=$(CURDIR)/build/suites OSSD_TEST_VENV=$(CURDIR)/build/venv \
	  $(GO) test -count=1 -tags conformance -v $(if $(filter suites-short,$@),-short) -timeout 3h -run '$(RUN)' ./conformance/suites

cluster: build ## three nodes on loopback with PostgreSQL, an S3 store and a balancer on 127.0.0.1:8280
	$(GO) run ./ossdtest/cluster/run $(ARGS)

cluster-sdks cluster-suites: export OSSD_TEST_CLUSTER = 3
cluster-sdks: s3 postgresql sdks ## as sdks, against three nodes behind a balancer
cluster-suites: s3 postgresql suites ## as suites, likewise

cluster-faults: build s3 ## cut, slow and kill the parts of a cluster, each in a network namespace: ten minutes, as root; RUN='TestFaults/postgres' runs some
	$(GO) test -count=1 -tags cluster -timeout 1h -v -run '$(RUN)' ./ossdtest/cluster

cluster-bench: build s3 ## measure one, two and three nodes, and the rows of a million objects
	$(GO) build -o build/ ./bench
	build/bench -server bin/ossd -only cluster $(ARGS)

fuzz: ## each fuzz target for 30 seconds
	@$(GO) list ./... | while read pkg; do \
	  for target in $$($(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz'); do \
	    echo "$$pkg $$target"; $(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime 30s $$pkg || exit 1; \
	  done; done

bench: build ## measure, for a quarter of an hour and with 10 GB on the disk; ARGS='-quick', ARGS='-only small,listings'
	$(GO) build -o build/ ./bench ./bench/fill
	./bench/fetch-nginx build/nginx
	build/bench -server bin/ossd -fill build/fill -nginx build/nginx/usr/sbin/nginx -go '$(GO)' $(ARGS)

soak: ## put and get 5 GiB in flat memory; compare a million decisions with the naive ones; crash for an hour
	$(GO) test -count=1 -tags soak -timeout 1h -run 'LargeBodies|SIGKILL' -v ./cmd/ossd
	$(GO) test -count=1 -timeout 3h -run '^TestCrash$$' -v ./engine/blob/segment ./engine/blob/file ./objectstore -crash.runs 25 -crash.long
	$(GO) test -count=1 -timeout 1h -run FileFaults -v ./engine/blob/segment ./engine/blob/file -crash.long
	$(GO) test -count=1 -timeout 1h -run TestNaive -v ./access/policy -pairs 1000000
	$(GO) test -count=1 -timeout 1h -run '/^shared' -v ./objectstore -shared.factor 20

golden: ## rewrite the golden files of tests
	@for pkg in $$(grep -rlE 'flag.Bool\("update"|rpctest' --include='*_test.go' protocol | xargs -n1 dirname | sort -u); do $(GO) test ./$$pkg -update || exit 1; done

clean: ## remove what was built
	rm -rf bin build
