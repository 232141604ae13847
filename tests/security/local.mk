# What strangers may send and say: the phone lives, answers, and keeps pace.
security_tests = tests/security/test_accounts.py \
	tests/security/test_answers.py tests/security/test_confinement.py \
	tests/security/test_connections.py tests/security/test_dialog.py \
	tests/security/test_floods.py tests/security/test_keyring.py \
	tests/security/test_malformed.py tests/security/test_media.py \
	tests/security/test_names.py tests/security/test_requests.py tests/security/test_secrets.py \
	tests/security/test_servers.py tests/security/test_srtp.py tests/security/test_terminal.py \
	tests/security/test_tls.py
tap_tests += $(security_tests)
EXTRA_DIST += $(security_tests)
