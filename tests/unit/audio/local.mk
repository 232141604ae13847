# What unit/audio adds to the tests.
unit_audio_tests = \
	tests/unit/audio/test_codec \
	tests/unit/audio/test_jitter \
	tests/unit/audio/test_jitter_steps

check_PROGRAMS += $(unit_audio_tests)
tap_tests += $(unit_audio_tests)
tests_unit_audio_test_codec_LDADD = $(machine_ldadd)
tests_unit_audio_test_jitter_LDADD = $(machine_ldadd)
tests_unit_audio_test_jitter_steps_LDADD = $(machine_ldadd)
