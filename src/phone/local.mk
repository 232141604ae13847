noinst_LIBRARIES += libphone.a
libphone_a_SOURCES = \
	src/phone/call.c \
	src/phone/call.h \
	src/phone/call_media.c \
	src/phone/call_tables.c \
	src/phone/command.h \
	src/phone/config.c \
	src/phone/config.h \
	src/phone/config_options.c \
	src/phone/config_private.h \
	src/phone/event.h \
	src/phone/media.c \
	src/phone/media.h \
	src/phone/media_device.c \
	src/phone/media_device.h \
	src/phone/media_file.c \
	src/phone/media_file.h \
	src/phone/media_link.c \
	src/phone/media_link.h \
	src/phone/media_receive.c \
	src/phone/media_rtcp.c \
	src/phone/media_send.c \
	src/phone/media_stream.c \
	src/phone/media_stream.h \
	src/phone/media_thread.c \
	src/phone/media_thread.h \
	src/phone/phone.c \
	src/phone/phone.h \
	src/phone/phone_events.c \
	src/phone/phone_private.h \
	src/phone/spelling.c \
	src/phone/spelling.h \
	src/phone/target.c \
	src/phone/target.h
