# One program a target. Settings are environment variables or .env: make run PORT=8001; make test ARGS="-k quota"
PYTHON ?= $(shell command -v python3 || command -v python3.13 || command -v python3.12 || command -v python3.11 || echo python3)
BOOT = $(PYTHON) -I platform/core/localservices/bootstrap.py

.PHONY: run test prove check bench assets
run: ; @$(BOOT) --step 1/7 requirements.txt manage.py run
test: ; @$(BOOT) requirements-dev.txt -m core.localservices.suite -n 2 $(ARGS)
prove: ; @$(BOOT) requirements-dev.txt -m core.localservices.suite -m prove $(ARGS)
check: ; @$(BOOT) requirements-dev.txt .ci/check.py $(ARGS)
bench: ; @$(BOOT) requirements-dev.txt -m tests.load $(ARGS)
assets: ; @npm --prefix assets install --no-save && npm --prefix assets run build
