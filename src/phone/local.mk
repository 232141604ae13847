noinst_LIBRARIES += libphone.a
libphone_a_SOURCES = \
	src/phone/command.h \
	src/phone/config.c \
	src/phone/config.h \
	src/phone/config_options.c \
	src/phone/config_private.h \
	src/phone/event.h \
	src/phone/phone.h \
	src/phone/spelling.c \
	src/phone/spelling.h \
	src/phone/target.c \
	src/phone/target.h
