noinst_LIBRARIES += librtp.a
librtp_a_SOURCES = \
	src/rtp/bytes.h \
	src/rtp/demux.c src/rtp/demux.h \
	src/rtp/dtls.c src/rtp/dtls.h \
	src/rtp/dtls_bio.c src/rtp/dtls_private.h \
	src/rtp/dtls_identity.c src/rtp/dtls_identity.h \
	src/rtp/dtls_record.c \
	src/rtp/event.c src/rtp/event.h \
	src/rtp/latch.c src/rtp/latch.h \
	src/rtp/loss.c src/rtp/loss.h \
	src/rtp/packet.c src/rtp/packet.h \
	src/rtp/red.c src/rtp/red.h \
	src/rtp/rtcp.c src/rtp/rtcp.h \
	src/rtp/rtcp_timing.c src/rtp/rtcp_timing.h \
	src/rtp/session.c src/rtp/session.h \
	src/rtp/source.c src/rtp/source.h \
	src/rtp/srtp.c src/rtp/srtp.h \
	src/rtp/xr.c src/rtp/xr.h
