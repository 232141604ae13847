noinst_LIBRARIES += libui.a
libui_a_SOURCES = \
	ui/ask_password.c \
	ui/ask_password.h \
	ui/cli.c \
	ui/cli.h \
	ui/cli_commands.c \
	ui/cli_help.c \
	ui/cli_options.c \
	ui/cli_tables.h \
	ui/cmd.h \
	ui/cmd_answer.c \
	ui/cmd_call.c \
	ui/cmd_completion.c \
	ui/cmd_contacts.c \
	ui/cmd_ctl.c \
	ui/cmd_daemon.c \
	ui/cmd_devices.c \
	ui/cmd_history.c \
	ui/cmd_load.c \
	ui/cmd_password.c \
	ui/cmd_plain.c \
	ui/cmd_plain.h \
	ui/cmd_plain_typed.c \
	ui/cmd_register.c \
	ui/cmd_screen.c \
	ui/completion.c \
	ui/completion.h \
	ui/confine.c \
	ui/confine.h \
	ui/control.c \
	ui/control.h \
	ui/control_client.c \
	ui/control_do.c \
	ui/control_list.c \
	ui/control_private.h \
	ui/control_screens.c \
	ui/control_status.c \
	ui/control_trace.c \
	ui/ctl_ask.c \
	ui/ctl_ask.h \
	ui/ctl_call.c \
	ui/ctl_call.h \
	ui/ctl_client.c \
	ui/ctl_client.h \
	ui/ctl_line.c \
	ui/ctl_line.h \
	ui/ctl_password.c \
	ui/ctl_password.h \
	ui/ctl_show.c \
	ui/ctl_show.h \
	ui/daemon_other.c \
	ui/daemon_other.h \
	ui/exit.h \
	ui/flush.c \
	ui/flush.h \
	ui/followed.c \
	ui/followed.h \
	ui/hooks.c \
	ui/hooks.h \
	ui/hooks_environment.c \
	ui/hooks_environment.h \
	ui/json.h \
	ui/json_command.c \
	ui/json_command.h \
	ui/json_event.c \
	ui/json_list.c \
	ui/json_list.h \
	ui/json_verbs.c \
	ui/json_words.c \
	ui/lines.c \
	ui/lines.h \
	ui/load_pace.c \
	ui/load_pace.h \
	ui/load_report.c \
	ui/load_report.h \
	ui/load_times.c \
	ui/load_times.h \
	ui/outcome.c \
	ui/outcome.h \
	ui/output.c \
	ui/output.h \
	ui/pipes.c \
	ui/pipes.h \
	ui/prompt.c \
	ui/prompt.h \
	ui/registering.c \
	ui/registering.h \
	ui/runtime_dir.c \
	ui/runtime_dir.h \
	ui/selftest.c \
	ui/selftest.h \
	ui/service.c \
	ui/service.h \
	ui/session.c \
	ui/session.h \
	ui/signals.c \
	ui/signals.h \
	ui/status.c \
	ui/status.h \
	ui/tell.c \
	ui/tell.h \
	ui/terminal.c \
	ui/terminal.h \
	ui/trace.c \
	ui/trace.h \
	ui/writer.c \
	ui/writer.h

# What shells read to complete tphone's words, written by the program itself, so that it has what
# the program takes; this wants a program that runs where it is built. --config keeps the builder's
# own settings out of it.
bash_completiondir = $(datadir)/bash-completion/completions
bash_completion_DATA = completion/bash/tphone
zsh_completiondir = $(datadir)/zsh/site-functions
zsh_completion_DATA = completion/zsh/_tphone
fish_completiondir = $(datadir)/fish/vendor_completions.d
fish_completion_DATA = completion/fish/tphone.fish
completions = $(bash_completion_DATA) $(zsh_completion_DATA) $(fish_completion_DATA)
CLEANFILES += $(completions) $(completions:=.new)

$(completions): tphone$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) $(@D) && \
	./tphone$(EXEEXT) completion $$(basename $(@D)) --config /dev/null >$@.new && mv $@.new $@
