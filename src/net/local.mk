noinst_LIBRARIES += libnet.a
libnet_a_SOURCES = \
	src/net/address.h \
	src/net/loop.h \
	src/net/pacer.h \
	src/net/resolver.h \
	src/net/rtp_pair.h \
	src/net/sip_link.h \
	src/net/tcp.h \
	src/net/udp.h
