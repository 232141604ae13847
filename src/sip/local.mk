noinst_LIBRARIES += libsip.a
libsip_a_SOURCES =
