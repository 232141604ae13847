# Helpers that tests share, in libtest.a.
libtest_a_SOURCES += \
	tests/lib/air.c tests/lib/air.h \
	tests/lib/drift.c tests/lib/drift.h \
	tests/lib/echo_room.c tests/lib/echo_room.h \
	tests/lib/envelope.c tests/lib/envelope.h \
	tests/lib/exact.c tests/lib/exact.h \
	tests/lib/hearing.h tests/lib/hearing_delay.c tests/lib/hearing_rate.c \
	tests/lib/hearing_score.c \
	tests/lib/hex.c tests/lib/hex.h \
	tests/lib/human.c tests/lib/human.h \
	tests/lib/ipv6.c tests/lib/ipv6.h \
	tests/lib/jitter_play.c tests/lib/jitter_play.h \
	tests/lib/jitter_trace.c tests/lib/jitter_trace.h \
	tests/lib/loop_time.c tests/lib/loop_time.h \
	tests/lib/lossy.c tests/lib/lossy.h \
	tests/lib/memory.c tests/lib/memory.h \
	tests/lib/netns.c tests/lib/netns.h \
	tests/lib/paper.c tests/lib/paper.h \
	tests/lib/register_rig.c tests/lib/register_rig.h \
	tests/lib/rows.c tests/lib/rows.h \
	tests/lib/sdp_text.c tests/lib/sdp_text.h \
	tests/lib/speech.c tests/lib/speech.h \
	tests/lib/temporary.c tests/lib/temporary.h \
	tests/lib/wrap.h
libtest_a_SOURCES += tests/lib/sip_rig.c tests/lib/sip_rig.h
# Sound files of any kind, for tests in Python.
check_PROGRAMS += tests/lib/decode
tests_lib_decode_LDADD = $(machine_ldadd)
# And those that tests in Python share, with a test of themselves.
tap_tests += tests/lib/test_kamailio.py tests/lib/test_lib.py tests/lib/test_registrar.py
EXTRA_DIST += tests/lib/__init__.py tests/lib/account.py tests/lib/align.py tests/lib/attack.py \
	tests/lib/baresip.py tests/lib/both_ways.py tests/lib/control.py tests/lib/daemon.py tests/lib/digest.py tests/lib/dns.py tests/lib/ends.py tests/lib/harm.py \
	tests/lib/home.py tests/lib/hostile.py \
	tests/lib/kamailio.py tests/lib/linphone.py tests/lib/networks.py tests/lib/pace.py \
	tests/lib/pace_watch.py tests/lib/papers.py tests/lib/pipes.py \
	tests/lib/plain.py tests/lib/preload.py tests/lib/proxy.py tests/lib/pulse.py \
	tests/lib/registrar.py \
	tests/lib/relay.py tests/lib/reports.py tests/lib/room.py tests/lib/rtp.py tests/lib/schema.py \
	tests/lib/screen.py tests/lib/sip.py \
	tests/lib/sipp.py \
	tests/lib/sound.py tests/lib/sqlite_wait.c tests/lib/stereo.py tests/lib/stillness.py \
	tests/lib/talk.py tests/lib/tap.py tests/lib/test_kamailio.py tests/lib/test_lib.py \
	tests/lib/terminal.py tests/lib/test_registrar.py tests/lib/tmux.py tests/lib/tphone.py \
	tests/lib/town.py tests/lib/trace.py tests/lib/twinkle.py tests/lib/wire.py
# For tests in which allocations fail (tests/lib/memory.h): NAME_LDFLAGS = $(memory_ldflags).
memory_ldflags = $(AM_LDFLAGS) -Wl,--wrap=malloc -Wl,--wrap=calloc -Wl,--wrap=realloc \
	-Wl,--wrap=free
# And where OpenSSL's fail, too (tests/lib/memory_openssl.h): NAME_SOURCES = … $(memory_openssl).
memory_openssl = tests/lib/memory_openssl.c tests/lib/memory_openssl.h
# Where libsrtp2's do (tests/lib/memory_srtp.h): NAME_SOURCES = … $(memory_srtp), and NAME_LDFLAGS =
# $(memory_srtp_ldflags), which has $(memory_ldflags).
memory_srtp = tests/lib/memory_srtp.c tests/lib/memory_srtp.h
memory_srtp_ldflags = $(memory_ldflags) -Wl,--export-dynamic-symbol=srtp_crypto_alloc \
	-Wl,--export-dynamic-symbol=srtp_crypto_free \
	-Wl,--export-dynamic-symbol=srtp_stream_list_alloc
# And libuv's (tests/lib/memory_uv.h): NAME_SOURCES = … $(memory_uv).
memory_uv = tests/lib/memory_uv.c tests/lib/memory_uv.h
# For those with cards that the test plugs in (tests/lib/air.h): NAME_LDFLAGS = $(AM_LDFLAGS) and this.
air_ldflags = -Wl,--wrap=portaudio_load -Wl,--wrap=device_pace_now
