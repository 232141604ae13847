EXTRA_DIST += scripts/install-deps scripts/demo scripts/demo_call.py scripts/check scripts/picture
