# What unit/sip adds to the tests.
sip_syntax_tests = \
	tests/unit/sip/test_address \
	tests/unit/sip/test_build \
	tests/unit/sip/test_challenge \
	tests/unit/sip/test_credentials \
	tests/unit/sip/test_digit \
	tests/unit/sip/test_fields \
	tests/unit/sip/test_header \
	tests/unit/sip/test_message \
	tests/unit/sip/test_multipart \
	tests/unit/sip/test_parse \
	tests/unit/sip/test_refer_to \
	tests/unit/sip/test_stream \
	tests/unit/sip/test_torture \
	tests/unit/sip/test_uri \
	tests/unit/sip/test_via
check_PROGRAMS += $(sip_syntax_tests)
tap_tests += $(sip_syntax_tests)

sip_behaviour_tests = \
	tests/unit/sip/test_account \
	tests/unit/sip/test_account_calls \
	tests/unit/sip/test_auth \
	tests/unit/sip/test_auth_rounds \
	tests/unit/sip/test_dialog \
	tests/unit/sip/test_encoding \
	tests/unit/sip/test_endpoint \
	tests/unit/sip/test_failover \
	tests/unit/sip/test_info \
	tests/unit/sip/test_invite_target \
	tests/unit/sip/test_invite_uac \
	tests/unit/sip/test_invite_uas \
	tests/unit/sip/test_late_answer \
	tests/unit/sip/test_locator \
	tests/unit/sip/test_move \
	tests/unit/sip/test_no_memory \
	tests/unit/sip/test_redirect \
	tests/unit/sip/test_refer \
	tests/unit/sip/test_register \
	tests/unit/sip/test_register_away \
	tests/unit/sip/test_register_moved \
	tests/unit/sip/test_register_refused \
	tests/unit/sip/test_reinvite \
	tests/unit/sip/test_reinvite_uas \
	tests/unit/sip/test_request_auth \
	tests/unit/sip/test_room \
	tests/unit/sip/test_strangers \
	tests/unit/sip/test_transaction \
	tests/unit/sip/test_transaction_match
check_PROGRAMS += $(sip_behaviour_tests)
tap_tests += $(sip_behaviour_tests)

accounts = tests/unit/sip/accounts.c tests/unit/sip/accounts.h
tests_unit_sip_test_account_SOURCES = tests/unit/sip/test_account.c $(accounts)
tests_unit_sip_test_account_calls_SOURCES = tests/unit/sip/test_account_calls.c $(accounts)

auth_bench = tests/unit/sip/auth_bench.c tests/unit/sip/auth_bench.h
tests_unit_sip_test_auth_SOURCES = tests/unit/sip/test_auth.c $(auth_bench)
tests_unit_sip_test_auth_rounds_SOURCES = tests/unit/sip/test_auth_rounds.c $(auth_bench)

# A call, seen from either side.
called = tests/unit/sip/called.c tests/unit/sip/called.h
calling = tests/unit/sip/calling.c tests/unit/sip/calling.h
tests_unit_sip_test_invite_target_SOURCES = tests/unit/sip/test_invite_target.c $(calling)
tests_unit_sip_test_invite_uac_SOURCES = tests/unit/sip/test_invite_uac.c $(calling)
tests_unit_sip_test_encoding_SOURCES = tests/unit/sip/test_encoding.c $(called)
tests_unit_sip_test_invite_uas_SOURCES = tests/unit/sip/test_invite_uas.c $(called)
tests_unit_sip_test_refer_SOURCES = tests/unit/sip/test_refer.c $(called)
tests_unit_sip_test_reinvite_uas_SOURCES = tests/unit/sip/test_reinvite_uas.c $(called)
tests_unit_sip_test_room_SOURCES = tests/unit/sip/test_room.c $(accounts) $(calling)

tests_unit_sip_test_no_memory_LDFLAGS = $(memory_ldflags)
EXTRA_DIST += tests/data/torture
