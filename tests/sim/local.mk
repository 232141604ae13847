# What sim adds to the tests.
check_PROGRAMS += tests/sim/sim_calls
tap_tests += tests/sim/sim_calls
tests_sim_sim_calls_SOURCES = \
	tests/sim/sim.c \
	tests/sim/sim.h \
	tests/sim/sim_account.c \
	tests/sim/sim_calls.c \
	tests/sim/sim_check.c \
	tests/sim/sim_memory.c \
	tests/sim/sim_net.c \
	tests/sim/sim_proxy.c \
	tests/sim/sim_register.c \
	tests/sim/sim_server.c \
	tests/sim/sim_user.c
tests_sim_sim_calls_LDFLAGS = $(memory_ldflags)
