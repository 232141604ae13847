# What lib adds to the tests.
