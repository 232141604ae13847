# What unit/ui/screen adds to the tests.
screen_unit_tests = \
	tests/unit/ui/screen/test_views
check_PROGRAMS += $(screen_unit_tests)
tap_tests += $(screen_unit_tests)
EXTRA_DIST += tests/data/screens

tests_unit_ui_screen_test_views_LDADD = $(phone_ldadd)
