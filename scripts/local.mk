EXTRA_DIST += scripts/install-deps scripts/demo scripts/check scripts/picture
