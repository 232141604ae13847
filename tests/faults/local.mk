# What fails around the phone.
fault_tests = tests/faults/test_clock.py tests/faults/test_control_random.py \
	tests/faults/test_faults.py tests/faults/test_registrar_away.py \
	tests/faults/test_registrar_silent.py tests/faults/test_roaming.py \
	tests/faults/test_roaming_account.py tests/faults/test_sound_server.py
tap_tests += $(fault_tests)
EXTRA_DIST += $(fault_tests) tests/faults/hanging_disk.c tests/faults/stuck_card.c tests/faults/wall_clock.c
