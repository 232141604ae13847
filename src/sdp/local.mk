noinst_LIBRARIES += libsdp.a
libsdp_a_SOURCES =
