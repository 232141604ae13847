# What strangers may send and say: the phone lives, answers, and keeps pace.
security_tests = tests/security/test_malformed.py
tap_tests += $(security_tests)
EXTRA_DIST += $(security_tests)
