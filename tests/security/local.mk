# What security adds to the tests.
