# SPDX-License-Identifier: Apache-2.0
# make demo          four virtual servers from enrolled to active     ARGS=--exit stops by itself
# make demo ARGS=--vm  the same with virtual machines, firmware, the real agent and a login
# make cloud         Nova, Neutron, Glance and the rest around it      ARGS=--exit creates one server and stops
# make test          everything that has to pass before a change      TEST_ARGS="-k power" narrows it
# make lint          style, types, walls between the rooms, release notes
# make chaos         conductors killed at every point (half an hour)  ARGS="--chaos-faults broker_gone"
# make chaos-quick   each fault once, on both databases (six minutes)  ARGS="--chaos-slowness 3"
# make cloud-test    servers of Nova: rescue, rebuild, five at once ...  ARGS="-k many"
# make lab           unknown machines from power on to a login           ARGS="-k two_commands"
# make timed         what depends on time, again and again on a busy machine  ARGS="--count 20 -k ipmi"
# make quirks        every flow on BMCs that bend the standard        ARGS="--pairs 20 --seed 7"
# make bench         ironic_lite against upstream ironic              ARGS=--help
# make bench-ipmi    power of many BMCs, dead ones among them, against ipmitool ARGS=--help
# make compare       the same requests to upstream ironic              ARGS=--help
# make scale         2,000 nodes through a cluster of three conductors ARGS=--help
# make storm         1,000 agents that call at once                   ARGS=--help
# make guessers      48 who guess passwords, while others work        ARGS=--help
# make strangers     silent, slow and greedy clients of the API      ARGS=--help
# make switched-on 200 servers that boot at once, and packets of nonsense ARGS=--help
# make fuzz          20,000 requests that nobody should send          ARGS="--seed 2"
# make sample-config write etc/ironic-lite.conf.sample and etc/policy.yaml.sample again
# make clean         remove what these made

VENV := .venv
BIN := $(VENV)/bin
PIP_INSTALL := $(BIN)/python -m pip --disable-pip-version-check install -qq -c constraints.txt
PACKAGING := setup.cfg pyproject.toml constraints.txt
# The functional tests wait more than they compute.
TEST_WORKERS ?= 4

CHAOS = $(BIN)/python -m tests.unsteady -q -o faulthandler_timeout=0 --chaos-report build/chaos.md tests/chaos

.PHONY: help demo cloud cloud-test lab test chaos chaos-quick timed lint quirks bench bench-ipmi compare scale storm guessers strangers switched-on fuzz sample-config test-servers clean

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile

demo: $(VENV)/.installed
	$(if $(findstring --vm,$(ARGS)),@tools/install-machine-programs)
	@$(BIN)/ironic-lite demo $(ARGS)

test: $(VENV)/.installed-for-tests test-servers
	@$(MAKE) --no-print-directory lint
	@# Before the tests: one that waited for the installation could run into its time limit.
	@$(if $(TEST_ARGS),,$(BIN)/python -m tests.functional.servers.openstack_environment >/dev/null)
	$(BIN)/python -m tests.unsteady -q -n $(TEST_WORKERS) --dist worksteal $(TEST_ARGS)
	@# By itself: it is as much load as the machine bears.
	$(if $(TEST_ARGS),,$(CHAOS))

chaos: $(VENV)/.installed-for-tests test-servers
	$(CHAOS) --chaos-full $(ARGS)

chaos-quick: $(VENV)/.installed-for-tests test-servers
	$(CHAOS) $(ARGS)

cloud: $(VENV)/.installed-for-tests test-servers
	@$(BIN)/python -W ignore -m tests.cloud $(ARGS)

cloud-test: $(VENV)/.installed-for-tests test-servers
	$(BIN)/python -m pytest -q tests/cloud $(ARGS)

lab: $(VENV)/.installed-for-tests test-servers
	IRONIC_LITE_LAB=1 $(BIN)/python -m pytest -q tests/lab tests/functional/lab/test_demo.py $(ARGS)

timed: $(VENV)/.installed-for-tests test-servers
	$(BIN)/python -m tests.busy 4 $(BIN)/python -m pytest -q -n 2 -m timed --count 5 $(ARGS)

lint: $(VENV)/.installed-for-tests
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --quiet --check .
	$(BIN)/mypy ironic_lite ironic_lite_simulator
	$(BIN)/lint-imports --no-logo
	$(BIN)/reno --quiet lint

quirks: $(VENV)/.installed-for-tests
	@$(BIN)/python -m tests.quirks $(ARGS)

bench: $(VENV)/.installed-for-tests
	@$(BIN)/python -m tests.bench $(ARGS)

bench-ipmi: $(VENV)/.installed-for-tests test-servers
	@$(BIN)/python -W ignore -m tests.bench.ipmi $(ARGS)

compare: $(VENV)/.installed-for-tests
	@$(BIN)/python -m tests.compare $(ARGS)

scale storm guessers: $(VENV)/.installed-for-tests test-servers
	@$(BIN)/python -m tests.bench.$@ $(ARGS)

switched-on: $(VENV)/.installed-for-tests test-servers
	@$(BIN)/python -W ignore -m tests.bench.switched_on $(ARGS)

strangers: $(VENV)/.installed-for-tests
	@$(BIN)/python -W ignore -m tests.bench.strangers $(ARGS)

fuzz: $(VENV)/.installed-for-tests
	@$(BIN)/python -W ignore -m tests.fuzz $(ARGS)

sample-config: $(VENV)/.installed
	PYTHONWARNINGS=ignore $(BIN)/oslo-config-generator --config-file etc/config-generator.conf
	PYTHONWARNINGS=ignore $(BIN)/oslopolicy-sample-generator --config-file etc/policy-generator.conf

test-servers:
	@tools/install-test-servers

$(VENV)/.installed: $(PACKAGING)
	@tools/make-venv $(VENV)
	@echo "Installing ironic_lite into $(VENV)"
	@$(PIP_INSTALL) -e '.[cli,rack]'
	@touch $@

$(VENV)/.installed-for-tests: $(VENV)/.installed
	@echo "Installing what the tests need into $(VENV)"
	@$(PIP_INSTALL) -e '.[test]'
	@touch $@

clean:
	rm -rf $(VENV) .bench .cloud .tox build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .schemathesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
