# What unit/net adds to the tests.
net_tests = \
	tests/unit/net/test_address \
	tests/unit/net/test_capture \
	tests/unit/net/test_dns_ttl \
	tests/unit/net/test_hep \
	tests/unit/net/test_interface \
	tests/unit/net/test_interface_poll \
	tests/unit/net/test_loop \
	tests/unit/net/test_no_memory \
	tests/unit/net/test_pacer \
	tests/unit/net/test_pacer_uv \
	tests/unit/net/test_resolver \
	tests/unit/net/test_rtp_batch \
	tests/unit/net/test_rtp_pair \
	tests/unit/net/test_sip_link \
	tests/unit/net/test_sip_link_calls \
	tests/unit/net/test_sip_link_ends \
	tests/unit/net/test_sip_link_tcp \
	tests/unit/net/test_spawner \
	tests/unit/net/test_spawner_serve \
	tests/unit/net/test_tcp \
	tests/unit/net/test_tcp_memory \
	tests/unit/net/test_tls \
	tests/unit/net/test_tls_openssl \
	tests/unit/net/test_tls_settings \
	tests/unit/net/test_udp \
	tests/unit/net/test_unix \
	tests/unit/net/test_unix_lock \
	tests/unit/net/test_wake \
	tests/unit/net/test_watch
check_PROGRAMS += $(net_tests)
tap_tests += $(net_tests)

tests_unit_net_test_address_LDADD = $(machine_ldadd)
tests_unit_net_test_interface_LDADD = $(machine_ldadd)
tests_unit_net_test_interface_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=clock_gettime
# The portable source stands before the library's own, which is then not taken out of it.
tests_unit_net_test_interface_poll_SOURCES = tests/unit/net/test_interface.c \
	src/net/interface_poll.c
tests_unit_net_test_interface_poll_LDADD = $(machine_ldadd)
tests_unit_net_test_interface_poll_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=clock_gettime
tests_unit_net_test_loop_LDADD = $(machine_ldadd)
tests_unit_net_test_pacer_LDADD = $(machine_ldadd)
# The portable pacer stands before the library's own, which is then not taken out of it.
tests_unit_net_test_pacer_uv_SOURCES = tests/unit/net/test_pacer.c src/net/pacer_uv.c
tests_unit_net_test_pacer_uv_LDADD = $(machine_ldadd)
tests_unit_net_test_capture_SOURCES = tests/unit/net/test_capture.c $(fake_dns)
tests_unit_net_test_capture_LDADD = $(machine_ldadd)
tests_unit_net_test_dns_ttl_LDADD = $(machine_ldadd)
tests_unit_net_test_hep_LDADD = $(machine_ldadd)
tests_unit_net_test_resolver_SOURCES = tests/unit/net/test_resolver.c $(fake_dns)
tests_unit_net_test_resolver_LDADD = $(machine_ldadd)
tests_unit_net_test_rtp_batch_LDADD = $(machine_ldadd)
tests_unit_net_test_rtp_pair_LDADD = $(machine_ldadd)
# The endpoint of straw stands before the library's own.
fake_dns = tests/unit/net/fake_dns.c tests/unit/net/fake_dns.h
straw = tests/unit/net/straw.c tests/unit/net/straw.h $(fake_dns)
tests_unit_net_test_sip_link_SOURCES = tests/unit/net/test_sip_link.c $(straw)
tests_unit_net_test_sip_link_LDADD = $(machine_ldadd)
tests_unit_net_test_no_memory_SOURCES = tests/unit/net/test_no_memory.c $(straw) \
	$(memory_openssl) $(memory_uv)
tests_unit_net_test_no_memory_LDADD = $(machine_ldadd)
tests_unit_net_test_no_memory_LDFLAGS = $(memory_ldflags)
tests_unit_net_test_sip_link_calls_LDADD = $(machine_ldadd)
stranger = tests/unit/net/stranger.c tests/unit/net/stranger.h
tests_unit_net_test_sip_link_ends_SOURCES = tests/unit/net/test_sip_link_ends.c $(straw) $(stranger)
tests_unit_net_test_sip_link_ends_LDADD = $(machine_ldadd)
tests_unit_net_test_sip_link_tcp_SOURCES = tests/unit/net/test_sip_link_tcp.c $(straw) $(stranger)
tests_unit_net_test_sip_link_tcp_LDADD = $(machine_ldadd)
tests_unit_net_test_spawner_LDADD = $(machine_ldadd)
tests_unit_net_test_spawner_serve_LDADD = $(machine_ldadd)
tests_unit_net_test_tcp_LDADD = $(machine_ldadd)
tests_unit_net_test_tcp_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=accept4
tests_unit_net_test_tcp_memory_SOURCES = tests/unit/net/test_tcp_memory.c $(memory_openssl)
tests_unit_net_test_tcp_memory_LDADD = $(machine_ldadd)
tests_unit_net_test_tcp_memory_LDFLAGS = $(memory_ldflags) -Wl,--wrap=uv_try_write
tls_context = tests/unit/net/tls_context.c tests/unit/net/tls_context.h
tests_unit_net_test_tls_SOURCES = tests/unit/net/test_tls.c $(tls_context)
tests_unit_net_test_tls_LDADD = $(machine_ldadd)
tests_unit_net_test_tls_openssl_SOURCES = tests/unit/net/test_tls_openssl.c $(tls_context)
tests_unit_net_test_tls_openssl_LDADD = $(machine_ldadd)
tests_unit_net_test_tls_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=X509_verify_cert
tests_unit_net_test_tls_settings_LDADD = $(machine_ldadd)
tests_unit_net_test_udp_LDADD = $(machine_ldadd)
unix_place = tests/unit/net/unix_place.c tests/unit/net/unix_place.h
tests_unit_net_test_unix_SOURCES = tests/unit/net/test_unix.c $(unix_place)
tests_unit_net_test_unix_lock_SOURCES = tests/unit/net/test_unix_lock.c $(unix_place)
tests_unit_net_test_unix_LDADD = $(machine_ldadd)
tests_unit_net_test_wake_LDADD = $(machine_ldadd)
tests_unit_net_test_watch_LDADD = $(machine_ldadd)
tests_unit_net_test_unix_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=accept4 -Wl,--wrap=bind -Wl,--wrap=getsockopt
tests_unit_net_test_unix_lock_LDADD = $(machine_ldadd)
tests_unit_net_test_unix_lock_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=net_now_ms -Wl,--wrap=usleep
