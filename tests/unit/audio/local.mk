# What unit/audio adds to the tests.
