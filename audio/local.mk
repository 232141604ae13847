noinst_LIBRARIES += libaudio.a
libaudio_a_SOURCES =
