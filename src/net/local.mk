noinst_LIBRARIES += libnet.a
libnet_a_SOURCES = \
	src/net/acceptor.c src/net/acceptor.h \
	src/net/address.c src/net/address.h \
	src/net/capture.c src/net/capture.h \
	src/net/dns_channel.c src/net/dns_channel.h \
	src/net/dns_message.c src/net/dns_message.h \
	src/net/dns_ttl.c src/net/dns_ttl.h \
	src/net/hep.c src/net/hep.h \
	src/net/interface.c src/net/interface.h src/net/interface_source.h \
	src/net/loop.c src/net/loop.h \
	src/net/pacer.h \
	src/net/resolver.c src/net/resolver.h \
	src/net/rtp_batch.c src/net/rtp_batch.h \
	src/net/rtp_pair.c src/net/rtp_pair.h \
	src/net/sip_link.c src/net/sip_link.h src/net/sip_link_private.h \
	src/net/sip_link_listen.c \
	src/net/sip_link_locate.c \
	src/net/sip_link_peers.c \
	src/net/sip_link_tcp.c \
	src/net/spawner.c src/net/spawner.h src/net/spawner_private.h \
	src/net/spawner_close.c \
	src/net/spawner_message.c \
	src/net/spawner_order.c \
	src/net/spawner_serve.c \
	src/net/tcp.c src/net/tcp.h \
	src/net/tls.c src/net/tls.h src/net/tls_private.h \
	src/net/tls_context.c src/net/tls_context.h \
	src/net/tls_verify.c \
	src/net/tls_words.c \
	src/net/udp.c src/net/udp.h \
	src/net/unix.c src/net/unix.h \
	src/net/wake.c src/net/wake.h \
	src/net/watch.c src/net/watch.h
if HAVE_TIMERFD
libnet_a_SOURCES += src/net/pacer_timerfd.c
else
libnet_a_SOURCES += src/net/pacer_uv.c
endif
if HAVE_NETLINK
libnet_a_SOURCES += src/net/interface_netlink.c
else
libnet_a_SOURCES += src/net/interface_poll.c
endif
