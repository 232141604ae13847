noinst_LIBRARIES += libaudio.a
libaudio_a_SOURCES = \
	audio/codec.h \
	audio/conceal.h \
	audio/device.h \
	audio/file.h \
	audio/jitter.h \
	audio/level.h \
	audio/mixer.h \
	audio/playout.h \
	audio/resample.h \
	audio/stretch.h \
	audio/tone.h
