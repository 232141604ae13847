noinst_LIBRARIES += libsip.a
libsip_a_SOURCES = \
	src/sip/address.c \
	src/sip/address.h \
	src/sip/build.c \
	src/sip/build.h \
	src/sip/endpoint.h \
	src/sip/fields.c \
	src/sip/fields.h \
	src/sip/header.c \
	src/sip/header.h \
	src/sip/lex.c \
	src/sip/lex.h \
	src/sip/limits.h \
	src/sip/message.c \
	src/sip/message.h \
	src/sip/method.c \
	src/sip/method.h \
	src/sip/out.h \
	src/sip/parse.c \
	src/sip/parse.h \
	src/sip/print.c \
	src/sip/print.h \
	src/sip/stream.c \
	src/sip/stream.h \
	src/sip/uri.c \
	src/sip/uri.h \
	src/sip/via.c \
	src/sip/via.h
