# Fuzz targets: each is tests/fuzz/NAME.c with LLVMFuzzerTestOneInput, and its corpus in
# tests/fuzz/corpus/NAME/. To add one, add it to this list.
fuzz_targets = \
	tests/fuzz/fuzz_auth \
	tests/fuzz/fuzz_certificate \
	tests/fuzz/fuzz_codec \
	tests/fuzz/fuzz_comfort \
	tests/fuzz/fuzz_config \
	tests/fuzz/fuzz_contacts \
	tests/fuzz/fuzz_control \
	tests/fuzz/fuzz_core \
	tests/fuzz/fuzz_crypto_line \
	tests/fuzz/fuzz_ctl_line \
	tests/fuzz/fuzz_dns_ttl \
	tests/fuzz/fuzz_draft \
	tests/fuzz/fuzz_dtls \
	tests/fuzz/fuzz_edit \
	tests/fuzz/fuzz_exchange \
	tests/fuzz/fuzz_fingerprint \
	tests/fuzz/fuzz_helper \
	tests/fuzz/fuzz_history \
	tests/fuzz/fuzz_identity \
	tests/fuzz/fuzz_jitter \
	tests/fuzz/fuzz_key_reader \
	tests/fuzz/fuzz_latch \
	tests/fuzz/fuzz_locator \
	tests/fuzz/fuzz_mask \
	tests/fuzz/fuzz_plain \
	tests/fuzz/fuzz_red \
	tests/fuzz/fuzz_rtcp \
	tests/fuzz/fuzz_rtp \
	tests/fuzz/fuzz_screen \
	tests/fuzz/fuzz_sdp \
	tests/fuzz/fuzz_sip_multipart \
	tests/fuzz/fuzz_sip_parse \
	tests/fuzz/fuzz_sip_stream \
	tests/fuzz/fuzz_sip_uri \
	tests/fuzz/fuzz_sniff \
	tests/fuzz/fuzz_srtp \
	tests/fuzz/fuzz_target \
	tests/fuzz/fuzz_text \
	tests/fuzz/fuzz_tls \
	tests/fuzz/fuzz_traced \
	tests/fuzz/fuzz_wav \
	tests/fuzz/fuzz_words \
	tests/fuzz/fuzz_xr

# In make check each target replays its corpus (tests/fuzz/replay.c) and reports one line.
check_PROGRAMS += $(fuzz_targets)
tap_tests += $(fuzz_targets)
EXTRA_DIST += tests/fuzz/corpus tests/fuzz/search.sh tests/fuzz/seeds_certificate.py
tests_fuzz_fuzz_certificate_LDADD = $(machine_ldadd)
tests_fuzz_fuzz_codec_LDADD = $(machine_ldadd)
tests_fuzz_fuzz_comfort_LDADD = $(machine_ldadd)
tests_fuzz_fuzz_config_LDADD = $(ui_ldadd)
tests_fuzz_fuzz_contacts_LDADD = $(ui_ldadd)
tests_fuzz_fuzz_control_LDADD = $(ui_ldadd)
tests_fuzz_fuzz_ctl_line_LDADD = $(ui_ldadd)
tests_fuzz_fuzz_draft_LDADD = $(ui_ldadd)
tests_fuzz_fuzz_edit_LDADD = $(ui_ldadd)
tests_fuzz_fuzz_helper_LDADD = $(ui_ldadd)
tests_fuzz_fuzz_history_LDADD = $(ui_ldadd)
tests_fuzz_fuzz_target_LDADD = $(ui_ldadd)
tests_fuzz_fuzz_key_reader_LDADD = $(ui_ldadd)
tests_fuzz_fuzz_mask_LDADD = $(ui_ldadd)
tests_fuzz_fuzz_dns_ttl_LDADD = $(machine_ldadd)
tests_fuzz_fuzz_dtls_LDADD = $(LDADD) $(TLS_LIBS)
tests_fuzz_fuzz_identity_LDADD = $(ui_ldadd)
tests_fuzz_fuzz_jitter_LDADD = $(machine_ldadd)
tests_fuzz_fuzz_plain_LDADD = $(ui_ldadd)
tests_fuzz_fuzz_screen_LDADD = $(ui_ldadd)
tests_fuzz_fuzz_sniff_LDADD = $(machine_ldadd)
tests_fuzz_fuzz_tls_LDADD = $(machine_ldadd)
tests_fuzz_fuzz_traced_LDADD = $(ui_ldadd)
tests_fuzz_fuzz_wav_LDADD = $(machine_ldadd)
tests_fuzz_fuzz_words_LDADD = $(ui_ldadd)
libtest_a_SOURCES += tests/fuzz/place.c tests/fuzz/place.h tests/fuzz/replay.c

# make fuzz [FUZZ_SECONDS=60] [FUZZ=tests/fuzz/fuzz_sdp]: libFuzzer runs each target on its corpus
# for that much time of a processor, keeps new inputs in tests/fuzz/found of the build folder, and
# stops at the first crash (tests/fuzz/search.sh).
FUZZ = $(fuzz_targets)
FUZZ_SECONDS = 60
fuzz_libs = libtest.a libui.a $(phone_libs) $(machine_libs) $(core_libs)
fuzz_found = tests/fuzz/found
fuzzers = $(fuzz_targets:=.fuzzer)

SUFFIXES = .fuzzer
.o.fuzzer:
	$(AM_V_CCLD)$(LINK) -fsanitize=fuzzer $< $(fuzz_libs) $(machine_sys_libs)
$(fuzzers): $(fuzz_libs)
CLEANFILES += $(fuzzers)

# make check-long: each target for ten minutes of a processor, in a build of its own where this one
# is another.
FUZZ_LONG_SECONDS = 600
.PHONY: fuzz-long
if FUZZING
fuzz-long:
	@$(MAKE) fuzz FUZZ_SECONDS=$(FUZZ_LONG_SECONDS)
else
fuzz-long:
	@command -v clang >/dev/null || { echo "no clang: the fuzz targets only replayed"; exit 0; }; \
	mkdir -p fuzzing && cd fuzzing && \
	{ test -f Makefile || CC=clang $(abs_srcdir)/configure --enable-fuzzing --enable-sanitizers; } && \
	$(MAKE) fuzz FUZZ_SECONDS=$(FUZZ_LONG_SECONDS)
endif

.PHONY: fuzz
if FUZZING
fuzz: $(FUZZ:=.fuzzer)
	@$(srcdir)/tests/fuzz/search.sh $(FUZZ_SECONDS) $(fuzz_found) '$(srcdir)' $(FUZZ)
else
fuzz:
	@echo "make fuzz needs a build configured with CC=clang and --enable-fuzzing"; exit 1
endif
