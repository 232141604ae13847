# What audio adds to the tests.
