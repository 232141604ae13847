noinst_LIBRARIES += libsdp.a
libsdp_a_SOURCES = \
	src/sdp/agree.h \
	src/sdp/answer.c \
	src/sdp/attribute.c src/sdp/attribute.h \
	src/sdp/crypto.c src/sdp/crypto.h \
	src/sdp/direction.c src/sdp/direction.h \
	src/sdp/exchange.c src/sdp/exchange.h \
	src/sdp/fingerprint.c src/sdp/fingerprint.h \
	src/sdp/limits.h \
	src/sdp/model.h \
	src/sdp/noise.c \
	src/sdp/numbers.c src/sdp/numbers.h \
	src/sdp/offer.c \
	src/sdp/parse.c src/sdp/parse.h \
	src/sdp/print.c src/sdp/print.h \
	src/sdp/red.c \
	src/sdp/secure.c src/sdp/secure.h \
	src/sdp/stream.c src/sdp/stream.h \
	src/sdp/xr.c src/sdp/xr.h
