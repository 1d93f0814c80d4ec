# Hillock. `make help` lists the targets; everything is built under $(B), but for the program ./hillock.
B        ?= build
PREFIX   ?= /usr/local
CFLAGS   ?= -O2 -g
ARCH     ?= $(shell uname -m)
FUZZ_SECONDS ?= 60
# Tests in which threads meet, run under ThreadSanitizer by `make tsan`.
TSAN_TESTS   ?= recorder recorder_reopened program program_files team pool threads grid grid_ahead properties comparison perceptron features_som capsule evolve crowd
Q        := $(if $(V),,@)

VERSION  := $(shell sed -n 's/^.define HK_VERSION "\(.*\)"/\1/p' sim/version.h)
SONAME   := libhillock.so.0
FOLDERS  := sim neurons plasticity encoders
WARN     := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes $(if $(WERROR),-Werror)
LIB_PKGS := hdf5 zlib
PKGS     := $(LIB_PKGS) libuv libfyaml
# pkg-config may be among what `deps` has yet to install: ask it when a recipe first needs the answer, and once.
PKG_CFLAGS = $(eval PKG_CFLAGS := $$(shell pkg-config --cflags $(PKGS)))$(PKG_CFLAGS)
LIB_LIBS   = $(eval LIB_LIBS := $$(shell pkg-config --libs $(LIB_PKGS)) -lpthread -lm)$(LIB_LIBS)
ALL_LIBS   = $(eval ALL_LIBS := $$(shell pkg-config --libs $(PKGS)) -lpthread -lm)$(ALL_LIBS)
FLAGS      = -std=c11 -D_POSIX_C_SOURCE=200809L -ffp-contract=off -fno-semantic-interposition -fPIC $(WARN) -MMD -MP \
             -I. $(PKG_CFLAGS) $(CPPFLAGS) $(CFLAGS) $(if $(NATIVE),-march=native) $(EXTRA)

# Kernels are compiled once for each instruction set and chosen at run time (sim/cpu.h); all give the same bits.
KERNELS    := $(wildcard sim/kernels/*.c neurons/*_kernels.c plasticity/*_kernels.c)
KERNEL_OPT ?= -O3
ISAS       := plain $(if $(filter x86_64 amd64,$(ARCH)),avx2 avx512)
ISA_avx2   := -mavx2
ISA_avx512 := -mavx512f -mavx512dq -mavx512vl -mavx512bw -mavx512cd -mavx512vbmi -mavx512vbmi2 -mprefer-vector-width=512

LIB_OBJ  := $(patsubst %.c,$(B)/%.o,$(filter-out $(KERNELS),$(wildcard $(FOLDERS:=/*.c)))) \
            $(foreach isa,$(ISAS),$(KERNELS:%.c=$(B)/%.$(isa).o))
APP_KERNELS := $(wildcard experiments/readouts/*_kernels.c experiments/nets/*_kernels.c)
APP_OBJ  := $(patsubst %.c,$(B)/%.o,$(filter-out experiments/main.c $(APP_KERNELS),$(wildcard experiments/*.c experiments/*/*.c))) \
            $(foreach isa,$(ISAS),$(APP_KERNELS:%.c=$(B)/%.$(isa).o))
TESTS    := $(patsubst %.c,$(B)/%,$(wildcard tests/test_*.c))
FUZZERS  := $(patsubst %.c,$(B)/%,$(wildcard tests/fuzz_*.c))
OURS      = $(wildcard hillock.h $(foreach d,$(FOLDERS) sim/kernels experiments experiments/* tests,$(d)/*.[ch]))

ifneq ($(wildcard ../shared/data),)
export HILLOCK_DATA ?= $(abspath ../shared/data)
endif

.PHONY: all results deps demo test build-tests sanitize tsan fuzz fuzzers coverage bench data install uninstall format format-check clean help FORCE
.SECONDARY: $(TESTS:=.o) $(FUZZERS:=.o) $(FUZZERS)
.DELETE_ON_ERROR:

all: hillock $(B)/libhillock.a $(B)/libhillock.so  ## the program ./hillock and the libraries (NATIVE=1: for this CPU only)
deps:                   ## install what is missing from Debian, naming it first
	@CC='$(CC)' sh tools/deps.sh $(or $(MAKECMDGOALS),all)
demo: all               ## watch a network learn digits under three codes, about two minutes
	@DEMO=$(DEMO) sh experiments/demo.sh
test: $(TESTS) $(B)/hillock  ## all tests
	@HILLOCK_PROGRAM=$(abspath $(B)/hillock) sh tools/run-tests.sh $(TESTS)
build-tests: $(TESTS)   ## compile the tests, run none
sanitize:               ## all tests under AddressSanitizer and UBSan, then `tsan`
	$(MAKE) B=$(B)/asan CFLAGS='-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all' test
	$(MAKE) tsan
tsan:                   ## the tests in which threads meet, under ThreadSanitizer
	TSAN_OPTIONS='suppressions=$(abspath tests/tsan.supp)' $(MAKE) B=$(B)/tsan CFLAGS='-O1 -g -fsanitize=thread' TESTS='$(TSAN_TESTS:%=$(B)/tsan/tests/test_%)' test
fuzz:                   ## every reader against hostile files, FUZZ_SECONDS each (needs clang)
	$(MAKE) B=$(B)/fuzz CC=clang CFLAGS='-O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all' fuzzers
fuzzers: $(FUZZERS:=.run)
coverage:               ## lines of sim, neurons, plasticity, encoders that the tests pass
	@find $(B)/coverage -name '*.gcda' -delete 2>/dev/null || :
	$(MAKE) B=$(B)/coverage CC=gcc CFLAGS='-O0 -g --coverage' KERNEL_OPT= test
	@sh tools/coverage.sh $(B)/coverage $(FOLDERS)
bench: all              ## the benchmark set; its table goes to results/bench.md
	./hillock bench --markdown results/bench.md
results: all            ## the tables of results/ again, as JSON there: takes hours (RESULTS=short: that every line runs)
	@RESULTS=$(RESULTS) sh experiments/results.sh
data: deps              ## download MNIST and check its SHA-256
	sh experiments/datasets/fetch.sh
format:                 ## clang-format the sources
	@clang-format -i $(OURS)
format-check:           ## fail when `make format` would change something
	@clang-format --dry-run -Werror $(OURS)
clean:                  ## remove what was built
	rm -rf $(B) hillock
help:                   ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/\1|\2/p' Makefile | awk -F'|' '{ printf "  make %-14s%s\n", $$1, $$2 }'

# Changed flags rebuild everything, a new commit only version.o. Both files keep their date while nothing changes.
$(B)/flags: FORCE | deps
	@mkdir -p $(@D); printf '%s\n' '$(CC) $(FLAGS) $(LDFLAGS) $(KERNEL_OPT)' >$@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@
$(B)/commit: FORCE
	@mkdir -p $(@D); test -e .git && git describe --always --dirty --abbrev=10 --exclude='*' >$@.new 2>/dev/null || : >$@.new
	@if test -e $@ && { test ! -s $@.new || cmp -s $@.new $@; }; then rm $@.new; else mv $@.new $@; fi
$(B)/sim/version.o: $(B)/commit
$(B)/sim/version.o: private EXTRA = -DHK_COMMIT='"$(shell cat $(B)/commit)"'

$(B)/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	$(if $(Q),@echo '  CC    $<')
	$(Q)$(CC) $(FLAGS) -c $< -o $@
define kernel_rule
$$(B)/%.$(1).o: %.c $$(B)/flags
	@mkdir -p $$(@D)
	$$(if $$(Q),@echo '  CC    $$< ($(1))')
	$$(Q)$$(CC) $$(FLAGS) $$(KERNEL_OPT) -DHK_KERNEL_ISA=$(1) $$(ISA_$(1)) -c $$< -o $$@
endef
$(foreach isa,$(ISAS),$(eval $(call kernel_rule,$(isa))))

$(B)/libhillock.a: $(LIB_OBJ)
$(B)/libexperiments.a: $(APP_OBJ)
%.a:
	@mkdir -p $(@D); rm -f $@
	$(Q)$(AR) rcs $@ $^
$(B)/libhillock.so: $(LIB_OBJ)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -shared -Wl,-soname,$(SONAME) -Wl,--as-needed $^ $(LIB_LIBS) -o $@
	@ln -sf libhillock.so $(B)/$(SONAME)
PARTS := $(B)/libexperiments.a $(B)/libhillock.a
$(B)/hillock: $(B)/experiments/main.o $(PARTS)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ $(ALL_LIBS) -o $@
hillock: $(B)/hillock
	@ln -f $< $@ 2>/dev/null || cp -f $< $@
$(B)/tests/test_%: $(B)/tests/test_%.o $(PARTS)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ $(ALL_LIBS) $$(pkg-config --libs cmocka gsl) -o $@
$(B)/tests/fuzz_%: $(B)/tests/fuzz_%.o $(PARTS)
	$(Q)$(CC) $(CFLAGS) -fsanitize=fuzzer $(LDFLAGS) $^ $(ALL_LIBS) -o $@
$(B)/tests/fuzz_%.run: $(B)/tests/fuzz_% FORCE
	@sh tools/run-fuzz.sh $< $(FUZZ_SECONDS)

BIN := $(DESTDIR)$(PREFIX)/bin
LIB := $(DESTDIR)$(PREFIX)/lib
INC := $(DESTDIR)$(PREFIX)/include/hillock
SHARE := $(DESTDIR)$(PREFIX)/share
PAGES := $(SHARE)/man/man1/hillock.1 $(SHARE)/bash-completion/completions/hillock \
         $(SHARE)/zsh/site-functions/_hillock $(SHARE)/fish/vendor_completions.d/hillock.fish
install: all            ## program, libraries, headers, man page, completions (PREFIX=/usr/local, DESTDIR=)
	install -Dm755 hillock $(BIN)/hillock
	install -Dm644 $(B)/libhillock.a $(LIB)/libhillock.a
	install -Dm755 $(B)/libhillock.so $(LIB)/libhillock.so.$(VERSION)
	ln -sf libhillock.so.$(VERSION) $(LIB)/$(SONAME)
	ln -sf $(SONAME) $(LIB)/libhillock.so
	for h in $$($(CC) -std=c11 -I. -MM hillock.h | tr ' ' '\n' | grep '[.]h$$'); do \
	    install -Dm644 $$h $(INC)/$$h || exit 1; done  # what hillock.h reaches is public, and no more
	install -d $(LIB)/pkgconfig
	sed 's|@PREFIX@|$(PREFIX)|; s|@VERSION@|$(VERSION)|; s|@REQUIRES@|$(LIB_PKGS)|' hillock.pc.in >$(LIB)/pkgconfig/hillock.pc
	install -Dm644 docs/hillock.1 $(word 1,$(PAGES))
	install -Dm644 docs/completion/hillock.bash $(word 2,$(PAGES))
	install -Dm644 docs/completion/_hillock $(word 3,$(PAGES))
	install -Dm644 docs/completion/hillock.fish $(word 4,$(PAGES))
	@test -n "$(DESTDIR)" || ldconfig 2>/dev/null || echo 'Run ldconfig as root if programs do not find $(SONAME).'
uninstall:              ## remove what `install` put there
	rm -rf $(BIN)/hillock $(LIB)/libhillock.a $(LIB)/libhillock.so* $(LIB)/pkgconfig/hillock.pc $(INC) $(PAGES)

-include $(LIB_OBJ:.o=.d) $(APP_OBJ:.o=.d) $(B)/experiments/main.d $(TESTS:=.d) $(FUZZERS:=.d)
