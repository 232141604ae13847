# What unit/rtp adds to the tests.
rtp_tests = \
	tests/unit/rtp/test_event \
	tests/unit/rtp/test_latch \
	tests/unit/rtp/test_packet \
	tests/unit/rtp/test_rtcp \
	tests/unit/rtp/test_rtcp_timing \
	tests/unit/rtp/test_source
check_PROGRAMS += $(rtp_tests)
tap_tests += $(rtp_tests)
