noinst_LIBRARIES += libbase.a
libbase_a_SOURCES = \
	src/base/buf.c src/base/buf.h \
	src/base/ip.c src/base/ip.h \
	src/base/list.h \
	src/base/log.c src/base/log.h \
	src/base/mem.c src/base/mem.h \
	src/base/rand.c src/base/rand.h \
	src/base/scan.c src/base/scan.h \
	src/base/slice.c src/base/slice.h \
	src/base/timers.c src/base/timers.h
