# Units for the service manager of a user, who finds them in /usr and /usr/local alike; without a
# folder for them they are documents.
EXTRA_DIST += contrib/systemd/tphone.service.in contrib/systemd/tphone.socket
systemd_units = contrib/systemd/tphone.service $(srcdir)/contrib/systemd/tphone.socket
if HAVE_SYSTEMDUSERUNITDIR
systemduserunit_DATA = $(systemd_units)
else
doc_DATA = $(systemd_units)
endif
CLEANFILES += contrib/systemd/tphone.service

contrib/systemd/tphone.service: contrib/systemd/tphone.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) $(@D) && \
	sed 's|[@]bindir[@]|$(bindir)|' $(srcdir)/contrib/systemd/tphone.service.in >$@.new && \
	mv $@.new $@
