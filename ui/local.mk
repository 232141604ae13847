noinst_LIBRARIES += libui.a
libui_a_SOURCES = \
	ui/cli.c \
	ui/cli.h \
	ui/cli_tables.c \
	ui/cli_tables.h \
	ui/cmd.h \
	ui/cmd_answer.c \
	ui/cmd_call.c \
	ui/cmd_contacts.c \
	ui/cmd_devices.c \
	ui/cmd_history.c \
	ui/cmd_register.c \
	ui/exit.h \
	ui/output.c \
	ui/output.h \
	ui/prompt.c \
	ui/prompt.h \
	ui/registering.c \
	ui/registering.h \
	ui/session.c \
	ui/session.h \
	ui/status.c \
	ui/status.h \
	ui/terminal.c \
	ui/terminal.h \
	ui/trace.c \
	ui/trace.h
