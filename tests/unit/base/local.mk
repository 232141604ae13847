base_tests = \
	tests/unit/base/test_buf \
	tests/unit/base/test_digest \
	tests/unit/base/test_ip \
	tests/unit/base/test_library \
	tests/unit/base/test_list \
	tests/unit/base/test_map \
	tests/unit/base/test_mem \
	tests/unit/base/test_no_memory \
	tests/unit/base/test_rand \
	tests/unit/base/test_ring \
	tests/unit/base/test_scan \
	tests/unit/base/test_slice \
	tests/unit/base/test_text \
	tests/unit/base/test_thread \
	tests/unit/base/test_timers

check_PROGRAMS += $(base_tests)
tap_tests += $(base_tests)
tests_unit_base_test_no_memory_LDFLAGS = $(memory_ldflags)
