noinst_LIBRARIES += libsdp.a
libsdp_a_SOURCES = \
	src/sdp/direction.h \
	src/sdp/exchange.h \
	src/sdp/limits.h \
	src/sdp/stream.h
