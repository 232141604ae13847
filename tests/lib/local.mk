# Helpers that tests share, in libtest.a.
libtest_a_SOURCES += \
	tests/lib/exact.c tests/lib/exact.h \
	tests/lib/rows.c tests/lib/rows.h
