# Flower's front door. `make` alone shows what there is.

PREFIX = /usr/local
SWIFT = swift
PYTHON = python3

BINARY = .build/release/flower
BIN = $(DESTDIR)$(PREFIX)/bin
DOC = $(DESTDIR)$(PREFIX)/share/doc/flower
DATA = $(DESTDIR)$(PREFIX)/share/flower
# Where systemd looks for what packages and administrators install (systemd.unit(5), sysusers.d(5)).
UNITS = $(DESTDIR)$(PREFIX)/lib/systemd
SYSUSERS = $(DESTDIR)$(PREFIX)/lib/sysusers.d
MAN = $(DESTDIR)$(PREFIX)/share/man
# Where debuggers look for what programs do not hold themselves, whatever their own folder is (gdb(1)).
DEBUG = $(DESTDIR)/usr/lib/debug/.build-id
BASH_COMPLETIONS = $(DESTDIR)$(PREFIX)/share/bash-completion/completions
FISH_COMPLETIONS = $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
# Debian's zsh looks for packages' functions in a folder of its own (/usr/share/doc/zsh-common).
ZSH_COMPLETIONS = $(DESTDIR)$(PREFIX)/share/zsh/$(if $(filter /usr,$(PREFIX)),vendor-completions,site-functions)
# Hand-written; the others are told by the program itself.
MANUAL = Sources/FlowerKit/Manual

# Debian packages. What is missing is installed, or the command to type is shown.
BUILD_PACKAGES = libsqlite3-dev
DEMO_PACKAGES = $(BUILD_PACKAGES) sqlite3
DEB_PACKAGES = $(BUILD_PACKAGES) binutils dpkg-dev lintian
TEST_PACKAGES = $(DEMO_PACKAGES) $(DEB_PACKAGES) bash ca-certificates curl dbus fish gcc groff-base libc6-dev man-db \
    mandoc openssl python3 python3-venv shellcheck strace systemd systemd-journal-remote zsh
BENCH_PACKAGES = $(DEMO_PACKAGES) binutils cron dbus gcc libc6-dev make ninja-build python3 python3-venv strace systemd \
    golang-go golang-github-robfig-cron-dev golang-github-gorhill-cronexpr-dev

NEED = sh Tests/Support/debian-packages.sh

# Swift's toolchain has one; without it, as for root who installs what a user has built, binutils'.
OBJCOPY = $(firstword $(wildcard $(dir $(realpath $(shell command -v $(SWIFT))))llvm-objcopy) objcopy)
# Half of what the linker writes is symbols and debug information.
STRIP = $(OBJCOPY) --strip-all --remove-section=.comment --remove-section=.note

# What `make test-core` leaves out: suites that want more of the host than the build does.
BEYOND_CORE = ^(EndToEndTests|SystemdTests|ConsoleTests)\.

# One test at a time: a test that drains in its own process blocks one thread of Swift's pool, which has
# one for each core, while the components it waits for need another.
TEST_FLAGS = --disable-xctest --no-parallel

# The oracles (independent answers from other programs) live in a Python environment of their own.
ORACLE = .build-test/oracle
# Timers of Debian packages, which are not installed.
UNITS_OF_PACKAGES = .build-test/units
export FLOWER_UNITS ?= $(CURDIR)/$(UNITS_OF_PACKAGES)
# Debian's cron, and the crontabs of its packages, to be compared with.
CRONTABS = .build-test/crontabs
# And the benchmark's Python peers in theirs.
PEERS = .build-test/peers
ifneq ($(wildcard Tests/Support/oracle/requirements.txt),)
export FLOWER_ORACLE_PYTHON ?= $(CURDIR)/$(ORACLE)/bin/python
endif

.PHONY: help demo build test test-core lint bench bench-size bench-scheduler bench-services bench-cron \
    torture fuzz
.PHONY: install debug-symbols uninstall deb clean
.PHONY: archives swift base-commit build-packages demo-packages test-packages bench-packages deb-packages oracle \
    package-units crontabs

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' Makefile

demo: demo-packages build ## See it work: real flows, a schedule that comes due, a drained run
	@sh Tests/Support/demo.sh $(BINARY)

build: swift build-packages archives ## Build the release binary, .build/release/flower
	$(SWIFT) build -c release --static-swift-stdlib --disable-local-rpath $(DIRECT_TYPES) --product flower

# A generic type is made from what the compiler knows. From a mangled name, as it is by default, the runtime
# walks through all conformances of the program, some ten thousand, to find what the compiler knew: a fifth of
# the instructions of `flower register`.
DIRECT_TYPES = -Xswiftc -Xfrontend -Xswiftc -disable-concrete-type-metadata-mangled-name-accessors

# Nothing is looked for beside the program: a library of that name in a folder that others may write to would
# be taken for SQLite, and not to find one takes 24 calls of the kernel.
#
# C++'s library becomes a part of the program: to bind it takes the loader a part of a millisecond of each start.
# Where there is no archive of it it is bound as usual.
archives:
	@mkdir -p .build/archives
	@for name in libstdc++.a; do \
	    file=$$($$(dirname "$$(readlink -f "$$(command -v $(SWIFT))")")/clang -print-file-name=$$name 2> /dev/null); \
	    [ ! -f "$$file" ] || ln -sf "$$file" .build/archives/$$name; \
	done

# FLOWER_REQUIRE (oracle, crontabs, ...) names suites that may not be skipped, FLOWER_LONG=1 lets a lock be held and
# journald be stopped for two minutes, not for seconds; both reach the tests as they are.
test: export FLOWER_STRICT = 1
test: swift test-packages oracle package-units crontabs lint ## Set up and run every test
	$(PYTHON) -B -m unittest Tests/Support/test_schedules.py
	$(PYTHON) -B -m unittest discover --start-directory Tests/Benchmarks
	$(SWIFT) build --build-tests
	$(PYTHON) -B Tests/Torture/torture.py --flower .build/debug/flower --kills 60
	$(SWIFT) test --skip-build $(TEST_FLAGS)

test-core: swift build-packages ## Run the tests that need no more than the build does
	$(SWIFT) test $(TEST_FLAGS) --skip '$(BEYOND_CORE)'

lint: swift test-packages ## Check the format of the sources and scripts
	$(SWIFT) format lint --strict --recursive Sources Tests Package.swift
	shellcheck .ci/run Tests/Support/*.sh Tests/SystemdTests/box/*.sh Tests/UserComponents/*.sh \
	    schedules/*/*.sh systemd/debian/build.sh systemd/debian/postinst systemd/debian/postrm \
	    systemd/debian/prerm

bench: base-commit bench-packages build ## Measure beside floors and peers, or BASE=COMMIT; BENCH='--case cold' narrows it
	$(PYTHON) -B Tests/Benchmarks/bench.py --flower $(BINARY) $(BESIDE) $(BENCH)
	$(if $(BENCH)$(BASE),,$(MAKE) --no-print-directory bench-scheduler bench-services bench-cron)

bench-size: base-commit bench-packages swift build-packages ## Weigh a build from nothing, beside BASE=COMMIT
	$(PYTHON) -B Tests/Benchmarks/size.py $(BESIDE) $(BENCH)

# What is compared with, and looked for before anything is built.
BESIDE = --swift $(SWIFT) $(if $(BASE),--base-commit '$(BASE)')
base-commit:
	@[ -z '$(BASE)' ] || $(PYTHON) -B Tests/Benchmarks/commits.py '$(BASE)'

bench-scheduler: bench-packages build ## Measure the scheduler beside cron, a systemd timer and a floor
	$(PYTHON) -B Tests/Benchmarks/punctual.py --flower $(BINARY) $(BENCH)

bench-services: bench-packages build ## Measure wake-ups and the journal on a real systemd
	$(PYTHON) -B Tests/Benchmarks/services.py --flower $(BINARY) $(BENCH)

bench-cron: bench-packages ## Measure the search for fires beside five other programs
	@sh Tests/Support/python-environment.sh $(PYTHON) $(PEERS) Tests/Benchmarks/cron-peers/requirements.txt
	FLOWER_BENCH_PYTHON=$(CURDIR)/$(PEERS)/bin/python sh Tests/Benchmarks/cron-peers/run

torture: build demo-packages ## Kill runners, schedulers and tasks at random; KILLS=500 of them
	$(PYTHON) -B Tests/Torture/torture.py --flower $(BINARY) --kills $(or $(KILLS),500) \
	    $(if $(SEED),--seed $(SEED))

fuzz: swift build-packages ## Fuzz the parsers of expressions, crontabs and zone files; RUNS=100000 each
	sh Tests/Fuzz/run $(or $(RUNS),100000)

install: $(BINARY) ## Install what was built, below DESTDIR and PREFIX (/usr/local)
	install -d $(BIN) $(DOC) $(DATA)/schedules
	$(STRIP) $(BINARY) $(BIN)/.flower.new
	chmod 755 $(BIN)/.flower.new
	mv -f $(BIN)/.flower.new $(BIN)/flower
	install -m 644 $(wildcard README.md) LICENSE $(DOC)
	cp -R schedules/. $(DATA)/schedules
	chmod -R u=rwX,go=rX $(DATA)
	install -d $(UNITS)/system $(UNITS)/user $(SYSUSERS)
	install -m 644 systemd/sysusers.d/flower.conf $(SYSUSERS)
	install -m 644 systemd/journal-fields.md $(DOC)
	set -e; cd systemd; for unit in system/* user/*; do \
	    sed -e 's|@BINDIR@|$(PREFIX)/bin|' $$unit > $(UNITS)/$$unit; \
	    chmod 644 $(UNITS)/$$unit; \
	done
	set -e; for file in $(notdir $(wildcard systemd/catalog/*)); do \
	    install -D -m 644 systemd/catalog/$$file $(UNITS)/catalog/$$file; \
	done
	install -d $(MAN)/man1 $(MAN)/man5 $(MAN)/man7
	$(abspath $(BINARY)) manual $(MAN)/man1
	chmod 644 $(MAN)/man1/flower.1 $(MAN)/man1/flower-*.1
	install -m 644 $(MANUAL)/flower.5 $(MAN)/man5
	install -m 644 $(MANUAL)/flower.7 $(MAN)/man7
	install -d $(BASH_COMPLETIONS) $(ZSH_COMPLETIONS) $(FISH_COMPLETIONS)
	$(abspath $(BINARY)) --generate-completion-script bash | sed '1 { /^#!/d }' > $(BASH_COMPLETIONS)/flower
	$(abspath $(BINARY)) --generate-completion-script zsh > $(ZSH_COMPLETIONS)/_flower
	$(abspath $(BINARY)) --generate-completion-script fish > $(FISH_COMPLETIONS)/flower.fish
	chmod 644 $(BASH_COMPLETIONS)/flower $(ZSH_COMPLETIONS)/_flower $(FISH_COMPLETIONS)/flower.fish
	@[ -n "$(DESTDIR)" ] || journalctl --update-catalog || true
	@[ -n "$(DESTDIR)" ] || echo "now, for the whole host:" \
	    "systemd-sysusers && systemctl daemon-reload && systemctl enable --now flower.target"

debug-symbols: $(BINARY) ## Install what debuggers want to know of the program that was built
	set -e; work=$$(mktemp -d); trap 'rm -rf "$$work"' EXIT; \
	$(OBJCOPY) --only-keep-debug --compress-debug-sections=zlib $(BINARY) "$$work/debug"; \
	name=$$($(BUILD_ID) "$$work/debug" "$$work"); \
	install -D -m 644 "$$work/debug" "$(DEBUG)/$$name.debug"

# Prints `ab/cdef...` of a program, given that and a folder to work in: its build id, as debuggers spell it.
BUILD_ID = sh -ec '$(OBJCOPY) --dump-section .note.gnu.build-id="$$2/id" "$$1" "$$2/copy"; \
    od -An -v -tx1 -j16 "$$2/id" | tr -d " \n" | sed "s|^..|&/|"' build-id

uninstall: ## Remove what `make install` has put there; flows, runs and logs stay
	[ ! -e $(BIN)/flower ] || { set -e; work=$$(mktemp -d); trap 'rm -rf "$$work"' EXIT; \
	    rm -f "$(DEBUG)/$$($(BUILD_ID) $(BIN)/flower "$$work").debug"; }
	rm -f $(BIN)/flower $(SYSUSERS)/flower.conf
	rm -f $(addprefix $(UNITS)/,$(patsubst systemd/%,%,$(wildcard systemd/system/* systemd/user/*)))
	rm -f $(addprefix $(UNITS)/,$(patsubst systemd/%,%,$(wildcard systemd/catalog/*)))
	rm -f $(MAN)/man1/flower.1 $(MAN)/man1/flower-*.1 $(MAN)/man5/flower.5 $(MAN)/man7/flower.7
	rm -f $(BASH_COMPLETIONS)/flower $(ZSH_COMPLETIONS)/_flower $(FISH_COMPLETIONS)/flower.fish
	rm -rf $(DOC) $(DATA)

deb: deb-packages build ## Build the Debian package, below .build/deb, and check it
	sh systemd/debian/build.sh $(BINARY) .build/deb
	lintian --fail-on error,warning .build/deb/flower*.deb

clean: ## Remove everything that was built here
	rm -rf .build .build-test

# Only where there is none: `sudo make install` is not to build, as root, in a user's folder.
$(BINARY):
	$(MAKE) build

swift:
	@command -v $(SWIFT) > /dev/null || \
	    { echo "there is no $(SWIFT): building needs a Swift toolchain, 6.2 or later"; exit 1; }

build-packages:
	@$(NEED) $(BUILD_PACKAGES)

demo-packages:
	@$(NEED) $(DEMO_PACKAGES)

test-packages:
	@$(NEED) $(TEST_PACKAGES)

deb-packages:
	@$(NEED) $(DEB_PACKAGES)

bench-packages:
	@$(NEED) $(BENCH_PACKAGES)

oracle: test-packages
	@sh Tests/Support/oracle-environment.sh $(PYTHON) $(ORACLE)

package-units: test-packages
	@sh Tests/Support/debian-files.sh units $(UNITS_OF_PACKAGES)

crontabs: test-packages
	@sh Tests/Support/debian-files.sh crontabs $(CRONTABS)
