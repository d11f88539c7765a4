# districtbuilder-ops: every command. Needs Go 1.26 and Node 22; everything else is brought by the project.

SHELL       := /bin/bash
export GOFLAGS := -mod=readonly
SCENARIO    ?= update
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.9.0
REFERENCE   := internal/jsonata/reference
FAST        := ./pkg/... ./internal/... ./lambdas/... ./statemachines/... ./cmd/... ./bench/...
ENV       ?= staging
PROFILE   ?= district-builder
APPROVAL  ?= broadening
CDK       := npx --yes aws-cdk@2.1148.1
STACKS    := staging:DistrictBuilderOps-Staging production:DistrictBuilderOps-Production
STACK      = $(or $(patsubst $(ENV):%,%,$(filter $(ENV):%,$(STACKS))),$(error ENV=$(ENV): expected staging or production))
SQL       := find-regions bump-versions set-region-uri
ACCESS     = $(if $(PROFILE),--profile $(PROFILE))
# Writes aws://<account>/<region> of the environment's stack, as synthesised.
WHERE      = node -p 'const s = require("./cdk.out/manifest.json").artifacts["$(STACK)"]; if (!s) { console.error("cdk.json has no settings for $(ENV)"); process.exit(1) } s.environment'
# Where the functions are built. The CDK app reads dist.
DIST      ?= dist

ACTIONS     := $(notdir $(patsubst %/main.go,%,$(wildcard lambdas/*/main.go)))
MACHINES    := $(patsubst statemachines/%.asl.json,%,$(wildcard statemachines/*.asl.json))

.PHONY: help demo sandbox cost test test-fast test-race lint vulncheck build package bootstrap preflight synth diff diff-synth idle deploy deploy-synth \
	destroy bench bench-copy reference clean

help: ## this list
	@grep -hE "^[a-z-]+:.*\#\# " Makefile | sed -E "s/:.*## /\t/" | expand -t 14

demo: ## the whole runbook on this machine; SCENARIO=update|bad-data|bad-topology|dry-run
	@go build -o build/dbops ./cmd/dbops && build/dbops demo --scenario $(SCENARIO)

sandbox: ## keeps the simulated account running, for the aws command
	@go build -o build/dbops ./cmd/dbops && build/dbops sandbox

# At a higher pace a busy machine is too slow for the timeouts of the calls.
cost: ## what one update and one restart would cost, by what the sandbox counted
	@go build -o build/dbops ./cmd/dbops && build/dbops cost --speed 200

test: reference test-fast ## all tests
	go test ./stack/...

test-fast: ## all but the CDK's; needs no Node
	go test -timeout 30m -parallel 4 $(FAST)

test-race: ## where goroutines share data
	go test -race ./internal/asl/... ./internal/jsonata/... ./pkg/s3copy/... ./pkg/journal/...

reference: $(REFERENCE)/node_modules/jsonata/package.json ## the JSONata implementation that ours is compared with

$(REFERENCE)/node_modules/jsonata/package.json: $(REFERENCE)/package-lock.json
	npm ci --prefix $(REFERENCE) --no-audit --no-fund
	@touch $@

lint: ## formatting, vet, staticcheck
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$unformatted" ]; then echo "gofmt would change:"; echo "$$unformatted"; exit 1; fi
	go vet ./...
	GOFLAGS=-mod=readonly go run $(STATICCHECK) ./...

vulncheck: ## known vulnerabilities in what is called; needs the network
	go run $(GOVULNCHECK) ./...

build: $(ACTIONS:%=$(DIST)/%/bootstrap) ## the Lambda functions: static, linux/arm64, the same bytes each time

$(DIST)/%/bootstrap: FORCE
	CGO_ENABLED=0 GOOS=linux GOARCH=arm64 go build -trimpath -buildvcs=false -ldflags '-s -w -buildid=' -tags lambda.norpc -o $@ ./lambdas/$*

package: build ## the functions as they are deployed: with the certificates of RDS, where they are (docs/deploying.md)
	@if [ -f database-ca.pem ]; then for a in $(SQL); do cp database-ca.pem $(DIST)/$$a/; done; fi

bootstrap: synth ## the CDK's own bucket and roles, once an account and region; ENV=…
	environment=$$($(WHERE)) && $(CDK) bootstrap "$$environment" --app cdk.out $(BOOTSTRAP_OPTIONS) $(ACCESS)

preflight: package ## what a deployment would lack in the account; ENV=staging|production
	go run ./stack/preflight -env $(ENV) -profile "$(PROFILE)"

synth: package ## the templates of both environments, to cdk.out/
	$(CDK) synth --quiet

cdk.out/manifest.json:
	@echo "nothing is synthesised; run: make synth" >&2; exit 1

diff: package ## what a deployment would change; ENV=…
	$(CDK) diff $(STACK) $(ACCESS)

# It asks CloudFormation for one template and nothing else, so whoever runs it needs no right but that.
diff-synth: cdk.out/manifest.json ## what deploying cdk.out would change; ENV=…
	@environment=$$($(WHERE)) && stack/deployed.sh $(STACK) "$${environment##*/}" "$(PROFILE)" > cdk.out/deployed.json
	$(CDK) diff $(STACK) --app cdk.out --template cdk.out/deployed.json

idle: cdk.out/manifest.json ## refuses while a run of ENV is at work, whose functions a deployment would replace
ifeq ($(DURING_A_RUN),yes)
	@echo "not looked whether anything runs: DURING_A_RUN=yes"
else
	@environment=$$($(WHERE)) && stack/idle.sh "$$environment" "$(PROFILE)" $(MACHINES:%=dbops-$(ENV)-%)
endif

deploy: synth ## to the account; ENV=…
	@$(MAKE) --no-print-directory deploy-synth

deploy-synth: idle ## what make synth has left in cdk.out, without building anything; ENV=…
	$(CDK) deploy $(STACK) --app cdk.out --require-approval $(APPROVAL) $(ACCESS)

destroy: synth ## removes the stack; the state bucket stays; ENV=…
	@$(MAKE) --no-print-directory idle
	$(CDK) destroy $(STACK) --app cdk.out $(ACCESS)

bench: ## ratios, in one run
	go test -run '^$$' -bench . -benchtime 2s ./pkg/regiondata/... ./pkg/s3copy/... ./internal/asl/... ./internal/jsonata/...

bench-copy: ## side by side with the aws command and s5cmd, where they are installed
	go run ./bench/copy # through a proxy that adds 30 ms to each request
	go run ./bench/copy -rate 100 # and each copy at 100 MB/s besides, as S3 does it

clean:
	rm -rf dist build cdk.out

FORCE:
