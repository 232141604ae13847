# What unit/sdp adds to the tests.
