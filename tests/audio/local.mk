# What is heard: through sound cards of PulseAudio, and through a bad network.
audio_tests = tests/audio/test_devices.py tests/audio/test_pulse.py tests/audio/test_redundancy.py \
	tests/audio/test_relay_media.py tests/audio/test_unattended.py
tap_tests += $(audio_tests)
EXTRA_DIST += $(audio_tests)

# The sound card alone.
check_PROGRAMS += tests/audio/device_probe
tests_audio_device_probe_LDADD = $(machine_ldadd)
tap_tests += tests/audio/test_device.py
EXTRA_DIST += tests/audio/test_device.py
