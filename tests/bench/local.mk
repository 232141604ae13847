# Programs of make bench: each prints its figures and is listed in bench_programs.
bench_programs = tests/bench/bench_parse tests/bench/bench_srtp tests/bench/bench_voice \
	tests/bench/conceal tests/bench/jitter tests/bench/lossy
EXTRA_PROGRAMS += $(bench_programs)
CLEANFILES += $(bench_programs)

tests_bench_conceal_LDADD = $(machine_ldadd)
tests_bench_jitter_LDADD = $(machine_ldadd)
tests_bench_lossy_LDADD = $(phone_ldadd)
tests_bench_bench_srtp_SOURCES = tests/bench/bench_srtp.c tests/bench/rounds.c tests/bench/rounds.h
tests_bench_bench_srtp_LDADD = $(core_libs)
tests_bench_bench_voice_LDADD = $(machine_ldadd)
tests_bench_bench_parse_SOURCES = tests/bench/bench_parse.c tests/bench/parse_peers.h \
	tests/bench/rounds.c tests/bench/rounds.h
tests_bench_bench_parse_CFLAGS = $(AM_CFLAGS)
tests_bench_bench_parse_LDADD = $(core_libs)
# Peers are for comparison alone: no product file links them.
if BENCH_PEERS
tests_bench_bench_parse_SOURCES += tests/bench/parse_libre.c tests/bench/parse_osip.c
tests_bench_bench_parse_CFLAGS += -DBENCH_PEERS $(LIBRE_CFLAGS) $(OSIP_CFLAGS)
tests_bench_bench_parse_LDADD += $(LIBRE_LIBS) $(OSIP_LIBS)
endif

# The other side of the calls in bench.py.
bench_helpers = tests/bench/bench_load tests/bench/bench_registrar tests/bench/bench_sip
EXTRA_PROGRAMS += $(bench_helpers)
CLEANFILES += $(bench_helpers)
tests_bench_bench_load_SOURCES = tests/bench/bench_load.c tests/bench/load.h \
	tests/bench/load_calls.c tests/bench/load_media.c tests/bench/load_sockets.c
tests_bench_bench_load_LDADD =
tests_bench_bench_registrar_LDADD =
tests_bench_bench_sip_SOURCES = tests/bench/bench_sip.c tests/bench/bench_speech.c \
	tests/bench/bench_speech.h
tests_bench_bench_sip_LDADD = $(OPUS_LIBS)
EXTRA_DIST += tests/bench/bench.py tests/bench/load.py tests/bench/screen.py

# make bench-heard [HEARD='"5 %" tphone-tphone'] [HEARD_CALLS=3]: what is heard over bad networks,
# beside baresip and linphonec; half an hour for all of it. One call of it is in make check.
check_PROGRAMS += tests/bench/heard_judge
tests_bench_heard_judge_LDADD = libtest.a -lm
.PHONY: bench-heard
bench-heard: tests/bench/heard_judge$(EXEEXT) tphone$(EXEEXT)
	@srcdir='$(srcdir)' builddir=. BENCH_QUICK='$(BENCH_QUICK)' HEARD_CALLS='$(HEARD_CALLS)' \
		$(PYTHON3) $(srcdir)/tests/bench/heard.py $(HEARD)
EXTRA_DIST += tests/bench/heard.py

# make bench [BENCH_QUICK=1]: the phone beside baresip, many calls beside SIPp too, the screen beside
# baresip's terminal, then the parser beside others, and packets with and without encryption.
bench: $(bench_programs) $(bench_helpers) tphone$(EXEEXT)
	@srcdir='$(srcdir)' builddir=. BENCH_QUICK='$(BENCH_QUICK)' $(PYTHON3) $(srcdir)/tests/bench/bench.py
	@srcdir='$(srcdir)' builddir=. BENCH_QUICK='$(BENCH_QUICK)' $(PYTHON3) $(srcdir)/tests/bench/load.py
	@srcdir='$(srcdir)' builddir=. BENCH_QUICK='$(BENCH_QUICK)' $(PYTHON3) $(srcdir)/tests/bench/screen.py
	@for program in $(bench_programs); do ./$$program || exit 1; done
