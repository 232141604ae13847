sdp_tests = \
	tests/unit/sdp/test_answer \
	tests/unit/sdp/test_attribute \
	tests/unit/sdp/test_crypto \
	tests/unit/sdp/test_direction \
	tests/unit/sdp/test_exchange \
	tests/unit/sdp/test_fingerprint \
	tests/unit/sdp/test_no_memory \
	tests/unit/sdp/test_offer \
	tests/unit/sdp/test_parse \
	tests/unit/sdp/test_secure \
	tests/unit/sdp/test_secure_dtls \
	tests/unit/sdp/test_stream \
	tests/unit/sdp/test_xr

check_PROGRAMS += $(sdp_tests)
tap_tests += $(sdp_tests)
tests_unit_sdp_test_no_memory_LDFLAGS = $(memory_ldflags)
