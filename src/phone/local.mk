noinst_LIBRARIES += libphone.a
libphone_a_SOURCES =
