# Programs that use tphone, for those who want to write one; tests/scripts/test_examples.py calls them.
examples = contrib/examples/clock.py contrib/examples/echo.py contrib/examples/menu.py \
	contrib/examples/phone.py
examplesdir = $(docdir)/examples
dist_examples_SCRIPTS = $(examples)
