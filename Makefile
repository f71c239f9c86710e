# Each target works on a fresh clone, without another target before it.
# GNU make 3.81 and a POSIX sh are enough.

PYTHON_HERE = .venv/bin/python
MANAGE = $(PYTHON_HERE) manage.py
# Sets DATABASE_URL and SECRET_KEY if they are not set.
WITH_DATABASE = exec $(PYTHON_HERE) -m dev.postgres exec --

PROOF_PACKAGES = nginx-light nodejs pgbouncer postgresql-15 redis-server
E2E_PACKAGES = chromium fonts-dejavu-core

.PHONY: help run test proofs proofs-full e2e lint types audit format manage psql bench stop clean venv

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

run: venv ## serve the demo, on HOST (127.0.0.1) and PORT (8000), until Ctrl-C
	@exec $(PYTHON_HERE) -m dev.run

test: venv ## run the tests; ARGS="-k word" selects some
	@$(WITH_DATABASE) $(PYTHON_HERE) -m pytest -m "not proof and not e2e" -n auto $(ARGS)

proofs: venv ## run the tests that need Debian packages, root or much time; takes ARGS
	@sh dev/debian.sh $(PROOF_PACKAGES)
	@$(WITH_DATABASE) $(PYTHON_HERE) -m pytest -m proof $(ARGS)

proofs-full: venv ## run the proofs in full size, e.g. ten minutes of load; takes hours
	@sh dev/debian.sh $(PROOF_PACKAGES)
	@export PROOFS=full LOAD_SECONDS=600; $(WITH_DATABASE) $(PYTHON_HERE) -m pytest -m proof $(ARGS)

e2e: venv ## test the service in a browser; screenshots are in .data/screenshots; takes ARGS
	@sh dev/debian.sh $(E2E_PACKAGES) $$(command -v npm >/dev/null || echo npm)
	@$(WITH_DATABASE) $(PYTHON_HERE) -m pytest -m e2e -n 2 $(ARGS)

lint: venv ## check style, import contracts, migrations and production settings
	@$(PYTHON_HERE) -m ruff check .
	@$(PYTHON_HERE) -m ruff format --check .
	@.venv/bin/lint-imports
	@DEBUG=false ALLOWED_HOSTS=example.com EMAIL_URL=console: $(WITH_DATABASE) sh -c \
	    '$(MANAGE) makemigrations --check && $(MANAGE) check --deploy --fail-level WARNING'

types: venv ## check the types
	@$(WITH_DATABASE) $(PYTHON_HERE) -m mypy .

audit: venv ## look for known vulnerabilities in requirements.txt
	@.venv/bin/pip-audit --requirement requirements.txt --no-deps --disable-pip

format: venv ## format the code, and fix what ruff can fix
	@$(PYTHON_HERE) -m ruff check --fix-only .
	@$(PYTHON_HERE) -m ruff format .

manage: venv ## run a management command: make manage CMD="list_tenants --json"
	@$(WITH_DATABASE) $(MANAGE) $(CMD)

psql: venv ## open a database prompt
	@$(WITH_DATABASE) sh -c 'exec psql "$$DATABASE_URL"'

bench: venv ## run the benchmarks; ONLY=name runs one
	@$(PYTHON_HERE) -m dev.venv benchmarks/requirements.txt
	@{ command -v wrk && command -v redis-server; } >/dev/null || [ "$$(id -u)" != 0 ] || \
	    sh dev/debian.sh wrk redis-server
	@$(WITH_DATABASE) $(PYTHON_HERE) -m benchmarks $(ONLY)

stop: venv ## stop the PostgreSQL of this checkout
	@$(PYTHON_HERE) -m dev.postgres stop

clean: ## stop PostgreSQL, delete it with its data, and delete .venv
	@if [ -x $(PYTHON_HERE) ]; then $(PYTHON_HERE) -m dev.postgres stop; fi
	@rm -rf .venv .data

venv:
	@sh dev/venv.sh
