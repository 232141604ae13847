# What is heard: through sound cards of PulseAudio, and through a bad network.
audio_tests = tests/audio/test_pulse.py tests/audio/test_relay_media.py
EXTRA_DIST += $(audio_tests)
