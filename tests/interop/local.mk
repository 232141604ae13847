# What interop adds to the tests.
