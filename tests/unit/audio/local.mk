# What unit/audio adds to the tests.
unit_audio_tests = \
	tests/unit/audio/test_codec \
	tests/unit/audio/test_codec_lost \
	tests/unit/audio/test_comfort \
	tests/unit/audio/test_conceal \
	tests/unit/audio/test_device \
	tests/unit/audio/test_device_callback \
	tests/unit/audio/test_device_choose \
	tests/unit/audio/test_dtmf \
	tests/unit/audio/test_effort \
	tests/unit/audio/test_file \
	tests/unit/audio/test_file_write \
	tests/unit/audio/test_gap \
	tests/unit/audio/test_hearing \
	tests/unit/audio/test_jitter \
	tests/unit/audio/test_jitter_copies \
	tests/unit/audio/test_jitter_delay \
	tests/unit/audio/test_jitter_gap \
	tests/unit/audio/test_jitter_lies \
	tests/unit/audio/test_jitter_rule \
	tests/unit/audio/test_jitter_steps \
	tests/unit/audio/test_mixer \
	tests/unit/audio/test_no_memory \
	tests/unit/audio/test_period \
	tests/unit/audio/test_playout \
	tests/unit/audio/test_resample \
	tests/unit/audio/test_sniff \
	tests/unit/audio/test_standing \
	tests/unit/audio/test_stereo \
	tests/unit/audio/test_stretch \
	tests/unit/audio/test_tone \
	tests/unit/audio/test_treble \
	tests/unit/audio/test_voice \
	tests/unit/audio/test_voice_gate \
	tests/unit/audio/test_voice_rooms \
	tests/unit/audio/test_wav

check_PROGRAMS += $(unit_audio_tests)
tap_tests += $(unit_audio_tests)
tests_unit_audio_test_codec_LDADD = $(machine_ldadd)
tests_unit_audio_test_codec_lost_LDADD = $(machine_ldadd)
tests_unit_audio_test_comfort_LDADD = $(machine_ldadd)
tests_unit_audio_test_conceal_LDADD = $(machine_ldadd)
tests_unit_audio_test_device_LDADD = $(machine_ldadd)
tests_unit_audio_test_effort_LDADD = $(machine_ldadd)
tests_unit_audio_test_device_choose_LDADD = $(machine_ldadd)
tests_unit_audio_test_device_choose_LDFLAGS = $(AM_LDFLAGS) $(air_ldflags)
tests_unit_audio_test_device_callback_LDADD = $(machine_ldadd)
tests_unit_audio_test_device_callback_LDFLAGS = $(memory_ldflags) $(air_ldflags) \
	-Wl,--wrap=pthread_mutex_lock -Wl,--wrap=pthread_mutex_trylock \
	-Wl,--wrap=pthread_rwlock_rdlock -Wl,--wrap=pthread_rwlock_wrlock
tests_unit_audio_test_file_LDADD = $(machine_ldadd)
tests_unit_audio_test_file_write_LDADD = $(machine_ldadd)
tests_unit_audio_test_gap_LDADD = $(machine_ldadd)
tests_unit_audio_test_hearing_LDADD = $(machine_ldadd)
tests_unit_audio_test_jitter_LDADD = $(machine_ldadd)
tests_unit_audio_test_jitter_copies_LDADD = $(machine_ldadd)
tests_unit_audio_test_jitter_delay_LDADD = $(machine_ldadd)
tests_unit_audio_test_jitter_gap_LDADD = $(machine_ldadd)
tests_unit_audio_test_jitter_gap_SOURCES = tests/unit/audio/test_jitter_gap.c \
	tests/unit/audio/jitter_steps.c tests/unit/audio/jitter_steps.h
tests_unit_audio_test_jitter_lies_LDADD = $(machine_ldadd)
tests_unit_audio_test_jitter_rule_LDADD = $(machine_ldadd)
tests_unit_audio_test_jitter_steps_LDADD = $(machine_ldadd)
tests_unit_audio_test_jitter_steps_SOURCES = tests/unit/audio/test_jitter_steps.c \
	tests/unit/audio/jitter_steps.c tests/unit/audio/jitter_steps.h
tests_unit_audio_test_mixer_LDADD = $(machine_ldadd)
tests_unit_audio_test_no_memory_LDADD = $(machine_ldadd)
tests_unit_audio_test_no_memory_LDFLAGS = $(memory_ldflags)
tests_unit_audio_test_period_LDADD = $(machine_ldadd)
tests_unit_audio_test_playout_LDADD = $(machine_ldadd)
tests_unit_audio_test_resample_LDADD = $(machine_ldadd)
tests_unit_audio_test_sniff_LDADD = $(machine_ldadd)
tests_unit_audio_test_standing_LDADD = $(machine_ldadd)
tests_unit_audio_test_stereo_LDADD = $(machine_ldadd)
tests_unit_audio_test_stretch_LDADD = $(machine_ldadd)
tests_unit_audio_test_dtmf_LDADD = $(machine_ldadd)
tests_unit_audio_test_tone_LDADD = $(machine_ldadd)
tests_unit_audio_test_treble_LDADD = $(machine_ldadd)
tests_unit_audio_test_voice_LDADD = $(machine_ldadd)
tests_unit_audio_test_voice_gate_LDADD = $(machine_ldadd)
tests_unit_audio_test_voice_rooms_LDADD = $(machine_ldadd)
tests_unit_audio_test_wav_LDADD = $(machine_ldadd)
