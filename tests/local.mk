# What tests link when they say nothing else: the protocol core, which does no I/O.
LDADD = libtest.a $(core_libs) $(CMOCKA_LIBS)
# For tests of audio/, src/net, src/phone and ui/: NAME_LDADD = $(machine_ldadd), $(phone_ldadd) or
# $(ui_ldadd).
# Tests make sound files by libsndfile itself.
machine_ldadd = libtest.a $(machine_libs) $(core_libs) $(CMOCKA_LIBS) $(machine_sys_libs) $(SNDFILE_LIBS)
phone_ldadd = libtest.a $(phone_libs) $(machine_libs) $(core_libs) $(CMOCKA_LIBS) $(machine_sys_libs) \
	$(SNDFILE_LIBS)
ui_ldadd = libui.a $(phone_ldadd)

EXTRA_LIBRARIES = libtest.a
CLEANFILES += libtest.a
libtest_a_SOURCES =
libtest_a_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)

include tests/lib/local.mk
include tests/unit/base/local.mk
include tests/unit/sip/local.mk
include tests/unit/sdp/local.mk
include tests/unit/rtp/local.mk
include tests/unit/audio/local.mk
include tests/unit/net/local.mk
include tests/unit/phone/local.mk
include tests/unit/ui/local.mk
include tests/unit/ui/screen/local.mk
include tests/sim/local.mk
include tests/fuzz/local.mk
include tests/interop/local.mk
include tests/audio/local.mk
include tests/scripts/local.mk
include tests/ui/local.mk
include tests/faults/local.mk
include tests/security/local.mk
include tests/bench/local.mk

tap_scripts = tests/layers.sh
tap_tests += $(tap_scripts)
EXTRA_DIST += $(tap_scripts) tests/run tests/tsan.supp

# Who runs when (tests/run --help): words of paths. What is long begins first, so that the end of a
# run does not wait for one test; what sleeps nearly all its time runs beside all others.
long_tests = faults/test_registrar_away faults/test_roaming_account interop/test_conformance_media \
	interop/test_conformance_register interop/test_kamailio.py scripts/test_daemon \
	scripts/test_desk scripts/test_hooks scripts/test_load \
	scripts/test_tones security/test_accounts security/test_servers security/test_terminal \
	sim/ ui/test_ unit/audio/test_voice_rooms unit/phone/test_calls unit/sip/test_account \
	unit/sip/test_no_memory unit/sip/test_register_away
asleep_tests = faults/test_clock faults/test_registrar_silent faults/test_roaming.py \
	faults/test_sound_server interop/test_conformance_uas interop/test_dns interop/test_dtls \
	interop/test_rawsip interop/test_sipp scripts/test_register security/test_connections \
	unit/net/test_interface unit/net/test_no_memory unit/phone/test_account_no_memory \
	unit/phone/test_call_no_memory unit/phone/test_dtls_no_memory unit/phone/test_move_no_memory
paired_tests = audio/test_relay_media audio/test_stereo_cards faults/test_faults \
	interop/test_baresip interop/test_conference interop/test_kamailio_strangers \
	interop/test_transfer scripts/test_audio_fd \
	scripts/test_call.py scripts/test_control.py scripts/test_control_harm \
	scripts/test_daemon_sound scripts/test_examples scripts/test_pipes scripts/test_recording \
	scripts/test_stereo \
	security/test_malformed security/test_media ui/test_walk.py \
	unit/phone/test_media_allocations
calm_tests = unit/phone/test_media
alone_tests = tests/audio/test_device audio/test_pulse security/test_floods
# Real programs in real time: what fails there beside others is asked again by itself, and told.
again_tests = tests/audio/ tests/faults/ tests/interop/ tests/lib/ tests/scripts/ tests/security/ \
	tests/ui/ unit/net/ unit/phone/ unit/ui/

# The runner closes with "N passed, M failed, K skipped"; a test that cannot run has failed.
run_tests = $(PYTHON3) $(srcdir)/tests/run --srcdir '$(srcdir)' --builddir . --cc '$(CC)' \
	--long '$(long_tests)' --asleep '$(asleep_tests)' --paired '$(paired_tests)' \
	--calm '$(calm_tests)' --alone '$(alone_tests)' --again '$(again_tests)' --watch \
	$(RUN_FLAGS)

check-local: tphone$(EXEEXT) $(check_PROGRAMS)
	@$(run_tests) $(tap_tests)

.PHONY: check-built check-long check-programs list-check-programs
# What is built already, and be it not all.
check-built:
	@$(run_tests) $(tap_tests)

check-programs: $(check_PROGRAMS)

list-check-programs:
	@printf '%s\n' $(check_PROGRAMS)

check-long: all $(check_PROGRAMS)
	@$(run_tests) --timeout 3600 --env TPHONE_LONG=1 $(tap_tests) $(tap_long_tests)
	@$(MAKE) fuzz-long

# Lines reached: of the parsers by the corpora of the fuzz targets alone, of all by the tests. Wants
# a build configured with --enable-coverage; what was reached of each file is in coverage.parsers
# and coverage.all.
.PHONY: coverage coverage-parsers
lines_reached = $(PYTHON3) $(srcdir)/tests/lines_reached.py --srcdir '$(srcdir)'
coverage: coverage-parsers
	-@$(MAKE) -s check
	@$(lines_reached) --list coverage.all all
coverage-parsers: $(fuzz_targets)
	@test -n '$(COVERAGE_CFLAGS)' || \
		{ echo "make coverage needs a build configured with --enable-coverage"; exit 1; }
	@find . -name '*.gcda' -delete
	@for target in $(fuzz_targets); do srcdir='$(srcdir)' $$target >/dev/null || exit 1; done
	@$(lines_reached) --list coverage.parsers parsers
CLEANFILES += coverage.all coverage.parsers
EXTRA_DIST += tests/lines_reached.py

clean-local:
	rm -rf tests/logs fuzzing
