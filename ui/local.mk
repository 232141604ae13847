noinst_LIBRARIES += libui.a
libui_a_SOURCES = \
	ui/cli.c \
	ui/cli.h \
	ui/cli_tables.c \
	ui/cli_tables.h \
	ui/exit.h
