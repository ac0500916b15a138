# sluice: one binary from the folders below. Targets: all demo run test check bench asan tsan fuzz format size install clean.
BUILD ?= build
CC ?= gcc
PREFIX ?= /usr/local

# Lowest first: a folder includes only folders before it (scripts/check-includes.sh reads this line).
LAYERS := base types parser formats topics state functions catalog expressions planner executor engine server shell cli

OPT ?= -O2 -g
WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wmissing-prototypes -Wstrict-prototypes -Wvla -Werror
CFLAGS += -std=gnu17 $(OPT) $(WARN) $(SAN) -I. -I$(BUILD)/gen -D_GNU_SOURCE -fno-strict-aliasing -MMD -MP
PKGS := sqlite3 libmicrohttpd libnghttp2 libcurl libedit libpcre2-8 icu-uc icu-i18n libxxhash liblz4 libzstd zlib
LIBS := $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lsnappy -lm -lpthread
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
	lemon -q -d$(GEN)/grammar $<

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
	$(CC) $(CFLAGS) -Wno-conversion -Wno-sign-conversion -Wno-unused-parameter -c -o $@ $<
$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -c -o $@ $<

$(BUILD)/sluice: $(BUILD)/obj/cli/main.o $(foreach layer,$(call reverse,$(LAYERS)),$(call lib,$(layer)))
	$(CC) $(LDFLAGS) -o $@ $(BUILD)/obj/cli/main.o -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LIBS)

# ---- unit tests: tests/unit/test_<folder>[_<part>].c, linked with that folder and those below ----
UNIT_SRC := $(sort $(wildcard tests/unit/test_*.c))
UNIT_BIN := $(patsubst tests/unit/%.c,$(BUILD)/%,$(UNIT_SRC))
define unit
$(BUILD)/$(1): $(BUILD)/obj/tests/unit/$(1).o $(foreach layer,$(call upto,$(word 2,$(subst _, ,$(1)))),$(call lib,$(layer)))
	$$(CC) $$(LDFLAGS) -o $$@ $$< -Wl,--start-group $$(filter %.a,$$^) -Wl,--end-group $$(LIBS) -lcmocka
endef
$(foreach src,$(UNIT_SRC),$(eval $(call unit,$(basename $(notdir $(src))))))

unit: $(UNIT_BIN)
	@set -e; for t in $(UNIT_BIN); do echo "== $$t"; $$t; done

clean:
	rm -rf $(BUILD)

.PHONY: all unit clean
.SECONDARY:
-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
