# What unit/base adds to the tests.
