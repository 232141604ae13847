# What unit/ui adds to the tests.
ui_tests = \
	tests/unit/ui/test_cli \
	tests/unit/ui/test_cli_help \
	tests/unit/ui/test_control \
	tests/unit/ui/test_ctl_client \
	tests/unit/ui/test_ctl_line \
	tests/unit/ui/test_ctl_show \
	tests/unit/ui/test_hooks_no_memory \
	tests/unit/ui/test_json_command \
	tests/unit/ui/test_json_event \
	tests/unit/ui/test_json_words \
	tests/unit/ui/test_lines \
	tests/unit/ui/test_load \
	tests/unit/ui/test_output \
	tests/unit/ui/test_runtime_dir \
	tests/unit/ui/test_service \
	tests/unit/ui/test_signals \
	tests/unit/ui/test_status \
	tests/unit/ui/test_terminal \
	tests/unit/ui/test_writer
check_PROGRAMS += $(ui_tests)
tap_tests += $(ui_tests)

tests_unit_ui_test_cli_LDADD = $(ui_ldadd)
tests_unit_ui_test_cli_help_LDADD = $(ui_ldadd)
tests_unit_ui_test_control_LDADD = $(ui_ldadd)
tests_unit_ui_test_control_LDFLAGS = $(memory_ldflags) -Wl,--wrap=writer_put -Wl,--wrap=net_now_us
tests_unit_ui_test_ctl_client_LDADD = $(ui_ldadd)
tests_unit_ui_test_ctl_line_LDADD = $(ui_ldadd)
tests_unit_ui_test_ctl_show_LDADD = $(ui_ldadd)
tests_unit_ui_test_hooks_no_memory_LDADD = $(ui_ldadd)
tests_unit_ui_test_hooks_no_memory_LDFLAGS = $(memory_ldflags)
tests_unit_ui_test_json_command_LDADD = $(ui_ldadd)
tests_unit_ui_test_json_event_LDADD = $(ui_ldadd)
tests_unit_ui_test_json_words_LDADD = $(ui_ldadd)
tests_unit_ui_test_lines_LDADD = $(ui_ldadd)
tests_unit_ui_test_load_LDADD = $(ui_ldadd)
tests_unit_ui_test_output_LDADD = $(ui_ldadd)
tests_unit_ui_test_runtime_dir_LDADD = $(ui_ldadd)
tests_unit_ui_test_runtime_dir_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=geteuid
tests_unit_ui_test_service_LDADD = $(ui_ldadd)
tests_unit_ui_test_signals_LDADD = $(ui_ldadd)
tests_unit_ui_test_signals_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=net_now_ms
tests_unit_ui_test_status_LDADD = $(ui_ldadd)
tests_unit_ui_test_terminal_LDADD = $(ui_ldadd)
tests_unit_ui_test_terminal_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=geteuid
tests_unit_ui_test_writer_LDADD = $(ui_ldadd)
tests_unit_ui_test_writer_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=write -Wl,--wrap=pthread_create \
	-Wl,--wrap=pthread_detach -Wl,--wrap=pthread_mutex_unlock
