# Every target first installs what is missing or has changed (local/stage/install.py).
# PORT=... chooses another set of ports and its own state folder, for every target that works on a local stage.

.DEFAULT_GOAL := help
# Installing leaves out the bytecode (it takes minutes), so that it must be kept where it is made.
unexport PYTHONDONTWRITEBYTECODE
PYTHON ?= python3
BIN := $(CURDIR)/.venv/bin
STAGE_COMMAND := $(PYTHON) -m local.stage.bootstrap
SERVICES := $(notdir $(patsubst %/,%,$(wildcard services/*/)))
LAYERS := $(wildcard services/*/layers/*)
SOURCES := shared/python $(addprefix services/,$(SERVICES)) $(LAYERS)
CHECKED := local compatibility shared/python/backoffice shared/testing/backoffice_testing $(wildcard operations scaffold/*.py) $(foreach s,$(SERVICES),services/$(s)/$(subst -,_,$(s)))
empty :=
space := $(empty) $(empty)
SOURCE_PATH := $(subst $(space),:,$(addprefix $(CURDIR)/,$(SOURCES)))

# No test reaches an account: none of the developer's AWS set-up is left in its environment.
HARMLESS := env -u AWS_PROFILE -u AWS_ENDPOINT_URL -u AWS_SESSION_TOKEN -u PYTHONPATH AWS_ACCESS_KEY_ID=testing \
	AWS_SECRET_ACCESS_KEY=testing AWS_DEFAULT_REGION=eu-central-1 AWS_CONFIG_FILE=/dev/null \
	AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_EC2_METADATA_DISABLED=true

# An option whose value was given on make's command line; the environment's USER or STAGE is somebody else's.
given = $(if $(findstring command,$(origin $(1))),$(2) '$($(1))')

.PHONY: help up down status logs console token demo-users watch reset demo deploy can-deploy smoke remove new-service layer test lint unit contracts system openapi consumes bench install

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r target text; do \
		printf '  make %-13s %s\n' "$$target" "$$text"; done

up: ## everything on this machine, deployed and ready; again: quick, loses nothing (PORT=...)
	@$(STAGE_COMMAND) up

down: ## stop; the state is kept
	@$(STAGE_COMMAND) down

status: ## programs, ports, stacks, URLs
	@$(STAGE_COMMAND) status

logs: ## the newest log lines of a service (SERVICE=invoicing, LINES=100, FOLLOW=1)
	@$(STAGE_COMMAND) logs $(call given,SERVICE,--service) $(call given,LINES,--lines) $(if $(FOLLOW),--follow)

console: install ## the operator's page of a stage on AWS, with your own credentials (STAGE=dev, WRITES=1; read-only without)
	@$(BIN)/python -m operations.console $(call given,STAGE,--stage) $(if $(call given,WRITES),--allow-writes)

token: ## a bearer token, nothing else (USER=agent@example.com)
	@$(STAGE_COMMAND) token $(call given,USER,--user)

demo-users: ## the demo users again, should one be missing
	@$(STAGE_COMMAND) demo-users

reset: ## stop and forget the state
	@$(STAGE_COMMAND) reset

watch: ## every saved file of a service or of the layer runs at the next invocation
	@$(STAGE_COMMAND) watch

demo: install ## a working day, played through the public APIs
	@$(BIN)/python -m local.demo

deploy: $(if $(FORCE),,can-deploy) ## one service to the local stage (SERVICE=invoicing), or the stacks to AWS (STAGE=dev); FORCE=1 unasked
	@$(STAGE_COMMAND) deploy $(call given,STAGE,--stage) $(call given,SERVICE,--service)

can-deploy: install ## would it break somebody? (SERVICE=invoicing, STAGE=prod; the local stage without)
	@$(BIN)/python -m compatibility can-deploy $(call given,STAGE,--stage) $(call given,SERVICE,--service)

smoke: install ## whether a service answers where it was deployed (SERVICE=invoicing, STAGE=dev)
	@$(BIN)/python -m operations smoke '$(SERVICE)' $(call given,STAGE,--stage)

remove: ## take the stacks of a stage on AWS down (STAGE=dev)
	@$(STAGE_COMMAND) remove $(call given,STAGE,--stage) $(call given,SERVICE,--service)

new-service: install ## a new bounded context, from the template (NAME=contracts, THING=contract)
	@$(BIN)/python -m scaffold $(NAME) $(THING)

layer: ## build the layer, for the emulator and for AWS
	@$(STAGE_COMMAND) layer

# The services' own tests keep a processor busy, the others mostly wait for a stage: side by side they take little longer.
test: lint ## everything but load; brings its own stage
	@$(MAKE) --no-print-directory -j 2 --output-sync=target unit system

system: install ## what crosses services: contracts, integration, a whole stage, faults
	$(HARMLESS) $(BIN)/pytest tests

contracts: install ## whether the services still understand each other: contracts, and from outbox to inbox
	$(HARMLESS) $(BIN)/pytest tests/contract tests/integration

lint: install ## style, imports, types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	PYTHONPATH=$(SOURCE_PATH) $(BIN)/lint-imports
	$(BIN)/mypy $(CHECKED)
	node_modules/.bin/prettier --check --log-level warn operations/console/page

unit: install ## the services' own tests
	@for service in $(SERVICES); do \
		echo "nose2 in services/$$service"; \
		(cd services/$$service && $(HARMLESS) PYTHONPATH=$(CURDIR)/shared/python $(BIN)/nose2) || exit 1; \
	done

openapi: install ## write each service's openapi.yml from its routes and schemas
	@PYTHONPATH=$(SOURCE_PATH) $(BIN)/python -m backoffice.http.openapi $(addprefix services/,$(SERVICES))

consumes: install ## write each service's consumes.yml from what its inbox reads
	@PYTHONPATH=$(SOURCE_PATH) $(BIN)/python -m compatibility.reliance $(addprefix services/,$(SERVICES))

bench: install ## the benchmarks, against a stage that is up
	$(BIN)/python -m benchmarks

install:
	@$(STAGE_COMMAND) install
