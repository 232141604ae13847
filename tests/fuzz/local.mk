# What fuzz adds to the tests.
