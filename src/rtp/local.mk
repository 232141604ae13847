noinst_LIBRARIES += librtp.a
librtp_a_SOURCES =
