noinst_LIBRARIES += libphone.a
libphone_a_SOURCES = \
	src/phone/command.h \
	src/phone/config.h \
	src/phone/event.h \
	src/phone/phone.h \
	src/phone/spelling.h \
	src/phone/target.h
