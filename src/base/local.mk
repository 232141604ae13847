noinst_LIBRARIES += libbase.a
libbase_a_SOURCES = \
	src/base/buf.c src/base/buf.h \
	src/base/digest.c src/base/digest.h \
	src/base/dns.h \
	src/base/fingerprint.c src/base/fingerprint.h \
	src/base/harden.c src/base/harden.h \
	src/base/ip.c src/base/ip.h \
	src/base/library.c src/base/library.h \
	src/base/list.h \
	src/base/log.c src/base/log.h \
	src/base/map.c src/base/map.h \
	src/base/mem.c src/base/mem.h \
	src/base/rand.c src/base/rand.h \
	src/base/ring.c src/base/ring.h \
	src/base/scan.c src/base/scan.h \
	src/base/slice.c src/base/slice.h \
	src/base/suite.c src/base/suite.h \
	src/base/text.c src/base/text.h \
	src/base/thread.c src/base/thread.h \
	src/base/timers.c src/base/timers.h
