EXTRA_DIST += scripts/install-deps scripts/demo scripts/demo_call.py scripts/demo_hands.py scripts/demo_screen.py \
	scripts/demo_show.py scripts/check scripts/picture scripts/picture_screen \
	scripts/compile_commands.py

# For clangd and other editors. No object is called .obj here, so make would compile everything.
compile_commands.json: Makefile
	@$(MAKE) -n V=1 OBJEXT=obj tphone check-programs | \
		$(PYTHON3) '$(srcdir)/scripts/compile_commands.py' >$@.new
	@mv $@.new $@
CLEANFILES += compile_commands.json compile_commands.json.new
