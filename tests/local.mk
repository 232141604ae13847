# What tests link when they say nothing else: the protocol core, which does no I/O.
LDADD = libtest.a $(core_libs) $(CMOCKA_LIBS)
# For tests of audio/, src/net, src/phone and ui/: NAME_LDADD = $(machine_ldadd) or $(phone_ldadd).
machine_ldadd = libtest.a $(machine_libs) $(core_libs) $(CMOCKA_LIBS) $(machine_sys_libs)
phone_ldadd = libtest.a libui.a $(phone_libs) $(machine_libs) $(core_libs) $(CMOCKA_LIBS) $(machine_sys_libs)

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

# The runner closes with "N passed, M failed, K skipped"; a test that cannot run has failed.
run_tests = $(PYTHON3) $(srcdir)/tests/run --srcdir '$(srcdir)' --builddir . --cc '$(CC)' \
	--alone audio/test_device --alone audio/test_pulse --alone security/test_floods \
	--paired audio/test_relay_media --paired faults/test_faults --paired interop/test_baresip \
	--paired interop/test_conference --paired interop/test_kamailio_strangers \
	--paired scripts/test_audio_fd --paired scripts/test_call.py --paired scripts/test_control.py \
	--paired scripts/test_examples --paired scripts/test_pipes --paired scripts/test_recording \
	--paired security/test_malformed --paired security/test_media \
	--paired unit/phone/test_media $(RUN_FLAGS)

check-local: tphone$(EXEEXT) $(check_PROGRAMS)
	@$(run_tests) $(tap_tests)

.PHONY: check-long check-programs
check-programs: $(check_PROGRAMS)

check-long: all $(check_PROGRAMS)
	@$(run_tests) --timeout 3600 --env TPHONE_LONG=1 $(tap_tests) $(tap_long_tests)

# Lines reached by the tests; wants a build configured with --enable-coverage.
.PHONY: coverage
coverage:
	@test -n '$(COVERAGE_CFLAGS)' || \
		{ echo "make coverage needs a build configured with --enable-coverage"; exit 1; }
	@find . -name '*.gcda' -delete
	-@$(MAKE) -s check
	@lcov -q --capture --directory . --base-directory . --output-file coverage.all 2>/dev/null
	@lcov -q --remove coverage.all '/usr/*' '*/tests/*' --output-file coverage.info
	@lcov --list coverage.info
CLEANFILES += coverage.all coverage.info

clean-local:
	rm -rf tests/logs
