# What scripts rely on: options, exit statuses, streams.
script_tests = \
	tests/scripts/test_account_calls.py \
	tests/scripts/test_account_nat.py \
	tests/scripts/test_audio_fd.py \
	tests/scripts/test_call.py \
	tests/scripts/test_cli.py \
	tests/scripts/test_completion.py \
	tests/scripts/test_control.py \
	tests/scripts/test_control_harm.py \
	tests/scripts/test_control_input.py \
	tests/scripts/test_daemon.py \
	tests/scripts/test_daemon_calls.py \
	tests/scripts/test_daemon_ctl.py \
	tests/scripts/test_daemon_sound.py \
	tests/scripts/test_desk.py \
	tests/scripts/test_encryption.py \
	tests/scripts/test_examples.py \
	tests/scripts/test_hep.py \
	tests/scripts/test_history.py \
	tests/scripts/test_hooks.py \
	tests/scripts/test_json.py \
	tests/scripts/test_load.py \
	tests/scripts/test_pipes.py \
	tests/scripts/test_prompt.py \
	tests/scripts/test_recording.py \
	tests/scripts/test_register.py \
	tests/scripts/test_run.py \
	tests/scripts/test_stereo.py \
	tests/scripts/test_tones.py
EXTRA_DIST += $(script_tests)
tap_tests += $(script_tests)
# Minutes of calls, for make check-long.
EXTRA_DIST += tests/scripts/test_load_long.py
tap_long_tests += tests/scripts/test_load_long.py
