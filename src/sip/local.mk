noinst_LIBRARIES += libsip.a
libsip_a_SOURCES = \
	src/sip/address.h \
	src/sip/build.h \
	src/sip/endpoint.h \
	src/sip/fields.h \
	src/sip/header.h \
	src/sip/lex.h \
	src/sip/limits.h \
	src/sip/message.h \
	src/sip/method.h \
	src/sip/out.h \
	src/sip/parse.h \
	src/sip/print.h \
	src/sip/stream.h \
	src/sip/uri.h \
	src/sip/via.h
