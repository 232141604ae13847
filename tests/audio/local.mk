# What is heard: through sound cards of PulseAudio, and through a bad network.
audio_tests = tests/audio/test_devices.py tests/audio/test_pulse.py tests/audio/test_redundancy.py \
	tests/audio/test_relay_media.py tests/audio/test_stereo_cards.py tests/audio/test_unattended.py
tap_tests += $(audio_tests)
EXTRA_DIST += $(audio_tests)

# The sound card alone.
check_PROGRAMS += tests/audio/device_probe
tests_audio_device_probe_LDADD = $(machine_ldadd)
tap_tests += tests/audio/test_device.py
EXTRA_DIST += tests/audio/test_device.py

# Clocks that differ: virtual ones, and half an hour of real ones.
check_PROGRAMS += tests/audio/drift_judge tests/audio/test_drift
tap_tests += tests/audio/test_drift
tests_audio_test_drift_LDADD = $(phone_ldadd)
tests_audio_test_drift_LDFLAGS = $(AM_LDFLAGS) $(air_ldflags)
tests_audio_drift_judge_LDADD = libtest.a $(core_libs) -lm
tap_long_tests += tests/audio/test_drift_long.py
EXTRA_DIST += tests/audio/test_drift_long.py
