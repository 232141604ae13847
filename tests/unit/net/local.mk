# What unit/net adds to the tests.
