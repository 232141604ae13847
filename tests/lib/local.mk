# Helpers that tests share, in libtest.a.
libtest_a_SOURCES += \
	tests/lib/exact.c tests/lib/exact.h \
	tests/lib/hex.c tests/lib/hex.h \
	tests/lib/rows.c tests/lib/rows.h \
	tests/lib/sdp_text.c tests/lib/sdp_text.h \
	tests/lib/speech.c tests/lib/speech.h
# And those that tests in Python share.
EXTRA_DIST += tests/lib/__init__.py tests/lib/baresip.py tests/lib/relay.py tests/lib/room.py \
	tests/lib/sound.py tests/lib/tap.py
libtest_a_SOURCES += tests/lib/sip_rig.c tests/lib/sip_rig.h
