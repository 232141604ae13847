# The real program on a terminal, keys typed and screens read.
screen_tests = \
	tests/ui/test_accounts.py \
	tests/ui/test_contacts.py \
	tests/ui/test_demo.py \
	tests/ui/test_keep.py \
	tests/ui/test_leave.py \
	tests/ui/test_plain.py \
	tests/ui/test_plain_walk.py \
	tests/ui/test_ring.py \
	tests/ui/test_screen.py \
	tests/ui/test_setup.py \
	tests/ui/test_terminal.py \
	tests/ui/test_trace.py \
	tests/ui/test_trouble.py \
	tests/ui/test_walk.py \
	tests/ui/test_walk_trouble.py
EXTRA_DIST += $(screen_tests) tests/ui/slow_disk.c
tap_tests += $(screen_tests)
