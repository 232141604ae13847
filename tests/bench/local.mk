# What bench adds to the tests.
