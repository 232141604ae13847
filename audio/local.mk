noinst_LIBRARIES += libaudio.a
libaudio_a_SOURCES = \
	audio/codec.c audio/codec.h \
	audio/codec_apart.c audio/codec_apart.h \
	audio/codec_g711.c \
	audio/codec_g722.c \
	audio/codec_l16.c \
	audio/codec_ops.h \
	audio/codec_opus.c \
	audio/comfort.c audio/comfort.h \
	audio/conceal.c audio/conceal.h \
	audio/device.c audio/device.h \
	audio/device_card.c \
	audio/device_choose.c audio/device_choose.h \
	audio/device_cards.c \
	audio/device_null.c \
	audio/device_pace.c \
	audio/device_pace.h \
	audio/device_ops.h \
	audio/dtmf.c audio/dtmf.h \
	audio/effort.c audio/effort.h \
	audio/file.c audio/file.h \
	audio/file_open.c audio/file_open.h \
	audio/file_write.c \
	audio/gap.c audio/gap.h \
	audio/jitter.c audio/jitter.h \
	audio/jitter_decide.c \
	audio/jitter_delay.c audio/jitter_delay.h \
	audio/jitter_private.h \
	audio/jitter_store.c audio/jitter_store.h \
	audio/level.c audio/level.h \
	audio/libsndfile.c audio/libsndfile.h \
	audio/mixer.c audio/mixer.h \
	audio/period.c audio/period.h \
	audio/playout.c audio/playout.h \
	audio/portaudio.c audio/portaudio.h \
	audio/resample.c audio/resample.h \
	audio/sniff.c audio/sniff.h \
	audio/spandsp.c audio/spandsp.h \
	audio/standing.c audio/standing.h \
	audio/stereo.c audio/stereo.h \
	audio/stretch.c audio/stretch.h \
	audio/tone.c audio/tone.h \
	audio/treble.c audio/treble.h \
	audio/voice.c audio/voice.h \
	audio/voice_delay.c audio/voice_delay.h \
	audio/voice_engine.h \
	audio/voice_gate.c audio/voice_gate.h \
	audio/voice_level.c audio/voice_level.h \
	audio/voice_speex.c \
	audio/wav.c audio/wav.h
if WEBRTC
libaudio_a_SOURCES += audio/voice_webrtc.cc
else
EXTRA_DIST += audio/voice_webrtc.cc
endif
