# Documents that go with the source.
EXTRA_DIST += doc/design.md doc/style.md doc/dependencies.md doc/testing.md doc/pictures/demo.svg
