# What unit/ui/screen adds to the tests.
screen_unit_tests = \
	tests/unit/ui/screen/test_cells \
	tests/unit/ui/screen/test_compare \
	tests/unit/ui/screen/test_contacts \
	tests/unit/ui/screen/test_devices \
	tests/unit/ui/screen/test_graph \
	tests/unit/ui/screen/test_hostile \
	tests/unit/ui/screen/test_key_reader \
	tests/unit/ui/screen/test_line_edit \
	tests/unit/ui/screen/test_model_no_memory \
	tests/unit/ui/screen/test_paint \
	tests/unit/ui/screen/test_plain \
	tests/unit/ui/screen/test_plain_line \
	tests/unit/ui/screen/test_saver \
	tests/unit/ui/screen/test_screen \
	tests/unit/ui/screen/test_screen_helper \
	tests/unit/ui/screen/test_setup \
	tests/unit/ui/screen/test_states \
	tests/unit/ui/screen/test_theme \
	tests/unit/ui/screen/test_trace \
	tests/unit/ui/screen/test_trace_file \
	tests/unit/ui/screen/test_traced \
	tests/unit/ui/screen/test_views \
	tests/unit/ui/screen/test_width
check_PROGRAMS += $(screen_unit_tests)
tap_tests += $(screen_unit_tests)
EXTRA_DIST += tests/data/screens

scenes = tests/unit/ui/screen/scenes.c tests/unit/ui/screen/scenes.h \
	tests/unit/ui/screen/views.c tests/unit/ui/screen/views.h
tests_unit_ui_screen_test_cells_LDADD = $(ui_ldadd)
tests_unit_ui_screen_test_compare_LDADD = $(ui_ldadd)
tests_unit_ui_screen_test_contacts_SOURCES = tests/unit/ui/screen/test_contacts.c $(scenes)
tests_unit_ui_screen_test_contacts_LDADD = $(ui_ldadd)
tests_unit_ui_screen_test_devices_SOURCES = tests/unit/ui/screen/test_devices.c $(scenes)
tests_unit_ui_screen_test_devices_LDADD = $(ui_ldadd)
tests_unit_ui_screen_test_graph_LDADD = $(ui_ldadd)
tests_unit_ui_screen_test_hostile_SOURCES = tests/unit/ui/screen/test_hostile.c $(scenes)
tests_unit_ui_screen_test_hostile_LDADD = $(ui_ldadd)
tests_unit_ui_screen_test_key_reader_LDADD = $(ui_ldadd)
tests_unit_ui_screen_test_line_edit_LDADD = $(ui_ldadd)
tests_unit_ui_screen_test_model_no_memory_LDADD = $(ui_ldadd)
tests_unit_ui_screen_test_model_no_memory_LDFLAGS = $(memory_ldflags)
tests_unit_ui_screen_test_paint_LDADD = $(ui_ldadd)
tests_unit_ui_screen_test_plain_LDADD = $(ui_ldadd)
tests_unit_ui_screen_test_plain_line_LDADD = $(ui_ldadd)
tests_unit_ui_screen_test_saver_LDADD = $(ui_ldadd)
tests_unit_ui_screen_test_setup_LDADD = $(ui_ldadd)
tests_unit_ui_screen_test_screen_helper_LDADD = $(ui_ldadd)
tests_unit_ui_screen_test_screen_SOURCES = tests/unit/ui/screen/test_screen.c $(scenes)
tests_unit_ui_screen_test_screen_LDADD = $(ui_ldadd)
tests_unit_ui_screen_test_states_SOURCES = tests/unit/ui/screen/test_states.c $(scenes)
tests_unit_ui_screen_test_states_LDADD = $(ui_ldadd)
tests_unit_ui_screen_test_theme_LDADD = $(ui_ldadd)
tests_unit_ui_screen_test_trace_SOURCES = tests/unit/ui/screen/test_trace.c $(scenes)
tests_unit_ui_screen_test_trace_LDADD = $(ui_ldadd)
tests_unit_ui_screen_test_trace_file_LDADD = $(ui_ldadd)
tests_unit_ui_screen_test_traced_LDADD = $(ui_ldadd)
tests_unit_ui_screen_test_views_SOURCES = tests/unit/ui/screen/test_views.c $(scenes)
tests_unit_ui_screen_test_views_LDADD = $(ui_ldadd)
tests_unit_ui_screen_test_width_LDADD = $(ui_ldadd)
