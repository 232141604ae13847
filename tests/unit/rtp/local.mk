# What unit/rtp adds to the tests.
