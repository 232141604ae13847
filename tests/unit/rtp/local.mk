# What unit/rtp adds to the tests.
rtp_tests = \
	tests/unit/rtp/test_dtls \
	tests/unit/rtp/test_dtls_no_memory \
	tests/unit/rtp/test_event \
	tests/unit/rtp/test_latch \
	tests/unit/rtp/test_loss \
	tests/unit/rtp/test_no_memory \
	tests/unit/rtp/test_packet \
	tests/unit/rtp/test_red \
	tests/unit/rtp/test_rtcp \
	tests/unit/rtp/test_rtcp_timing \
	tests/unit/rtp/test_source \
	tests/unit/rtp/test_srtp \
	tests/unit/rtp/test_xr
check_PROGRAMS += $(rtp_tests)
tap_tests += $(rtp_tests)
tests_unit_rtp_test_no_memory_SOURCES = tests/unit/rtp/test_no_memory.c $(memory_srtp)
tests_unit_rtp_test_no_memory_LDFLAGS = $(memory_srtp_ldflags) -Wl,--wrap=mem_is_there
tests_unit_rtp_test_dtls_SOURCES = tests/unit/rtp/test_dtls.c tests/unit/rtp/dtls_rig.c \
	tests/unit/rtp/dtls_rig.h
tests_unit_rtp_test_dtls_LDADD = $(LDADD) $(TLS_LIBS)
tests_unit_rtp_test_dtls_no_memory_SOURCES = tests/unit/rtp/test_dtls_no_memory.c \
	tests/unit/rtp/dtls_rig.c tests/unit/rtp/dtls_rig.h $(memory_openssl)
tests_unit_rtp_test_dtls_no_memory_LDADD = $(LDADD) $(TLS_LIBS)
tests_unit_rtp_test_dtls_no_memory_LDFLAGS = $(memory_ldflags)
