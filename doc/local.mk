# Documents that go with the source.
dist_doc_DATA += README.md NEWS LICENSE doc/tphone.conf.example doc/control.schema.json
EXTRA_DIST += doc/design.md doc/style.md doc/dependencies.md doc/testing.md doc/security.md doc/pictures/demo.svg \
	doc/pictures/contacts.svg doc/pictures/details.svg doc/pictures/screen.svg doc/pictures/trace.svg
