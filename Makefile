# sluice: one binary from the folders below. Targets: all demo run test check bench asan tsan conformance golden-update fuzz format size install clean.
BUILD ?= build
ifeq ($(origin CC),default)
CC := gcc
endif
PREFIX ?= /usr/local

# Lowest first: a folder includes only folders before it (scripts/check-sources.sh reads this line).
LAYERS := base types parser formats topics state functions catalog expressions planner executor engine server shell cli

OPT ?= -O2 -g
# V=1 shows the commands.
Q := $(if $(V),,@)
say = $(if $(V),,@echo "$(1) $(2)")
WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wmissing-prototypes -Wstrict-prototypes -Wvla -Wno-string-concatenation -Werror
CFLAGS += -std=gnu17 $(OPT) $(WARN) $(SAN) -I. -I$(BUILD)/gen $(if $(SAN),-DSL_SANITIZED) -D_GNU_SOURCE -fno-strict-aliasing -MMD -MP
PKGS := sqlite3 libmicrohttpd libnghttp2 libcurl libedit libpcre2-8 icu-uc icu-i18n libxxhash liblz4 libzstd zlib
LIBS := $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lsnappy -lcrypt -lm -lpthread
LDFLAGS += $(SAN)

lib = $(BUILD)/lib$(1).a
# Folders up to and including $(1), highest first, as the linker wants them.
reverse = $(if $(1),$(call reverse,$(wordlist 2,$(words $(1)),$(1))) $(firstword $(1)))
upto = $(call reverse,$(wordlist 1,$(shell echo $(LAYERS) | tr ' ' '\n' | grep -nx $(1) | cut -d: -f1),$(LAYERS)))

all: $(BUILD)/sluice

# ---- generated: lexer and grammar ----
GEN := $(BUILD)/gen
$(GEN)/grammar/lexer.c: grammar/lexer.re grammar/keywords.def | $(GEN)/grammar/parser.c
	re2c -W -i --no-generation-date -o $@ $<
$(GEN)/grammar/parser.c $(GEN)/grammar/parser.h &: grammar/parser.y
	@mkdir -p $(GEN)/grammar
	lemon -q -d$(GEN)/grammar $< && touch $(GEN)/grammar/parser.h

# ---- objects and one archive a folder ----
define folder
$(1)_SRC := $$(sort $$(wildcard $(1)/*.c) $$(wildcard $(1)/*/*.c)) $$(if $$(filter parser,$(1)),$(if $(wildcard grammar/parser.y),$(GEN)/grammar/lexer.c $(GEN)/grammar/parser.c))
$(1)_OBJ := $$(patsubst $(GEN)/%.c,$(BUILD)/obj/gen/%.o,$$(filter $(GEN)/%,$$($(1)_SRC))) $$(patsubst %.c,$(BUILD)/obj/%.o,$$(filter-out $(GEN)/%,$$($(1)_SRC)))
$(BUILD)/lib$(1).a: $$(filter-out %/cli/main.o,$$($(1)_OBJ))
	@mkdir -p $$(@D); rm -f $$@; ar rcs $$@ $$^
endef
$(foreach layer,$(LAYERS),$(eval $(call folder,$(layer))))

$(BUILD)/obj/parser/%.o: $(wildcard grammar/parser.y grammar/lexer.re)
$(parser_OBJ): | $(if $(wildcard grammar/parser.y),$(GEN)/grammar/parser.h)
$(BUILD)/obj/gen/%.o: $(GEN)/%.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CFLAGS) -Wno-conversion -Wno-sign-conversion -Wno-unused-parameter -c -o $@ $<
$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CFLAGS) -c -o $@ $<

$(BUILD)/sluice: $(BUILD)/obj/cli/main.o $(foreach layer,$(call reverse,$(LAYERS)),$(call lib,$(layer)))
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $(BUILD)/obj/cli/main.o -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LIBS)

# ---- shared objects of user functions, as the tests load them ----
EXT := $(patsubst tests/udf/%.c,$(BUILD)/ext/%.so,$(wildcard tests/udf/*.c))
$(BUILD)/ext/%.so: tests/udf/%.c functions/sluice_udf.h
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(filter-out -MMD -MP,$(CFLAGS)) $(LDFLAGS) -fPIC -shared -fvisibility=hidden -o $@ $<

# ---- unit tests: tests/unit/test_<folder>[_<part>].c, linked with that folder and those below ----
UNIT_SRC := $(sort $(wildcard tests/unit/test_*.c))
UNIT_BIN := $(patsubst tests/unit/%.c,$(BUILD)/%,$(UNIT_SRC))
define unit
$(BUILD)/$(1): $(BUILD)/obj/tests/unit/$(1).o $(foreach layer,$(call upto,$(word 2,$(subst _, ,$(1)))),$(call lib,$(layer)))
	$$(call say,LINK,$$@)
	$$(Q)$$(CC) $$(LDFLAGS) -o $$@ $$< -Wl,--start-group $$(filter %.a,$$^) -Wl,--end-group $$(LIBS) -lcmocka
endef
$(foreach src,$(UNIT_SRC),$(eval $(call unit,$(basename $(notdir $(src))))))
$(BUILD)/test_functions_user: $(EXT)

# ---- fuzz targets without a fuzzer: each over its corpus ----
REPLAY := $(patsubst tests/fuzz/fuzz_%.c,$(BUILD)/replay_%,$(wildcard tests/fuzz/fuzz_*.c))
$(REPLAY): $(BUILD)/replay_%: $(BUILD)/obj/tests/fuzz/fuzz_%.o $(BUILD)/obj/tests/fuzz/replay.o $(foreach layer,$(call upto,expressions),$(call lib,$(layer)))
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LIBS)

unit: $(UNIT_BIN) $(REPLAY)
	@set -e; for t in $(UNIT_BIN); do echo "== $$t"; $$t; done
	@set -e; for t in $(REPLAY); do echo "== $$t"; $$t tests/fuzz/corpus/$$(basename $$t | sed s/replay/fuzz/)/*; done

# ---- crashes: a simulation by seeds, and a crash at every step (tests/fault) ----
SEEDS ?= 1000
JOBS ?= 2
SIM_OBJ := $(patsubst %.c,$(BUILD)/obj/%.o,$(sort $(wildcard tests/fault/sim*.c)))
SIM_LIBS := $(foreach layer,$(call upto,engine),$(call lib,$(layer)))
$(BUILD)/sim: $(SIM_OBJ) $(SIM_LIBS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $(SIM_OBJ) -Wl,--start-group $(SIM_LIBS) -Wl,--end-group $(LIBS)
$(BUILD)/test_engine_crash: $(BUILD)/obj/tests/fault/test_engine_crash.o $(SIM_LIBS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $< -Wl,--start-group $(SIM_LIBS) -Wl,--end-group $(LIBS) -lcmocka

# SEEDS=n runs n seeds from FIRST on, SEED=s runs one and tells all it does.
FIRST ?= 1
sim: $(BUILD)/sim
	@$(if $(SEED),$< --trace $(SEED),$< --jobs $(JOBS) $(FIRST) $(SEEDS))

# ROUNDS: how often the server is killed.
crash-points: $(BUILD)/test_engine_crash
	@$<

fault: all crash-points sim
	@python3 tests/fault/test_kill.py

# The simulation finds faults that are planted: in what it hands on, and in the sources (tests/fault/mutants).
sim-faults: $(BUILD)/sim
	@BUILD=$(BUILD) scripts/sim-faults.sh
# MUTANT: a changed copy of a source; the simulation is linked with it in the place of the true one.
sim-mutant: $(SIM_OBJ) $(SIM_LIBS)
	$(Q)$(CC) $(CFLAGS) -w -c -o $(MUTANT).o $(MUTANT)
	$(Q)$(CC) $(LDFLAGS) -o $(MUTANT).sim $(SIM_OBJ) $(MUTANT).o -Wl,--start-group $(SIM_LIBS) -Wl,--end-group $(LIBS)

# ---- tests ----
CONFORMANCE ?= ../shared/conformance
export SLUICE_BIN := $(abspath $(BUILD)/sluice)

deps:
	@scripts/install-deps.sh

query: $(BUILD)/sluice $(EXT)
	@scripts/query-tests.sh

e2e: $(BUILD)/sluice
	@set -e; for t in $(sort $(wildcard tests/http/test_*.py tests/shell/test_*.py tests/tools/test_*.py)); do \
	  echo "== $$t"; python3 $$t; done

test: deps
	@$(MAKE) --no-print-directory all unit query e2e fault
	@echo "All tests passed."

# Writes the golden files anew from what is printed now; look at the difference before committing it.
golden-update: $(BUILD)/test_parser_golden $(BUILD)/test_planner_golden $(BUILD)/test_expressions_examples
	@set -e; for t in $^; do SLUICE_GOLDEN_UPDATE=1 $$t; done

conformance: $(BUILD)/sluice $(EXT)
	@scripts/conformance.sh $(CONFORMANCE)

SANITIZED := all unit query
asan:
	@$(MAKE) --no-print-directory CC=clang BUILD=build-asan OPT='-O1 -g -fno-omit-frame-pointer' SAN='-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-sanitize=pointer-overflow' $(SANITIZED) crash-points sim SEEDS=100
tsan:
	@$(MAKE) --no-print-directory CC=clang BUILD=build-tsan OPT='-O1 -g' SAN='-fsanitize=thread' $(SANITIZED)

# ---- checks ----
FORMATTED = $(shell git ls-files '*.c' '*.h' 2>/dev/null || find . -name '*.[ch]')
format:
	clang-format -i $(FORMATTED)

check: deps all
	@scripts/check-sources.sh
	@clang-format --dry-run -Werror $(FORMATTED) && echo "check: layout is in order"
	@$(MAKE) --no-print-directory CC=clang BUILD=build-clang all
	@scripts/analyse.sh

size:
	@find $(LAYERS) grammar tests bench -name '*.[ch]' -o -name '*.y' -o -name '*.re' | xargs wc -l | grep -v ' total$$' | sort -rn | head

# ---- fuzzing: every target for a while; the corpus is replayed by the unit tests ----
FUZZ_SECONDS ?= 30
fuzz:
	@BUILD=build-fuzz scripts/fuzz.sh $(FUZZ_SECONDS)

# ---- using it ----
demo: deps all
	@scripts/demo.sh

run: deps all
	@$(BUILD)/sluice

BENCH_OBJ := $(patsubst %.c,$(BUILD)/obj/%.o,$(filter-out bench/bench_%.c,$(wildcard bench/*.c)))
$(BUILD)/bench: $(BENCH_OBJ) $(foreach layer,$(call upto,cli),$(call lib,$(layer)))
$(BUILD)/bench_formats $(BUILD)/bench_state: $(BUILD)/bench_%: $(BUILD)/obj/bench/bench_%.o $(foreach layer,$(call upto,state),$(call lib,$(layer)))
$(BUILD)/bench_functions: $(BUILD)/obj/bench/bench_functions.o $(foreach layer,$(call upto,expressions),$(call lib,$(layer)))
$(BUILD)/bench $(BUILD)/bench_formats $(BUILD)/bench_functions $(BUILD)/bench_state:
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LIBS)

# ONLY='W2 W3': workloads whose names begin so. Warnings that -O3 guesses at are judged by the ordinary build.
FAST := OPT='-O3 -g -Wno-maybe-uninitialized' BUILD=build-bench
bench: deps
	@$(MAKE) --no-print-directory $(FAST) build-bench/bench build-bench/sluice
	@BUILD=build-bench scripts/bench.sh $(BENCH_WORDS) $(ONLY)

# FUNCTIONS='TRIM SPLIT': only those.
bench-functions: deps
	@$(MAKE) --no-print-directory $(FAST) build-bench/bench_functions
	@build-bench/bench_functions $(FUNCTIONS)

install: all
	install -d $(DESTDIR)$(PREFIX)/bin
	install -m 755 $(BUILD)/sluice $(DESTDIR)$(PREFIX)/bin/sluice
	install -d $(DESTDIR)$(PREFIX)/include
	install -m 644 functions/sluice_udf.h $(DESTDIR)$(PREFIX)/include/sluice_udf.h

print-libs:
	@echo $(LIBS)

clean:
	rm -rf build build-*

.PHONY: all unit query e2e test golden-update conformance asan tsan crash-points sim fault sim-faults sim-mutant format check size fuzz demo run bench bench-functions install clean deps print-libs
.SECONDARY:
-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
