# What sim adds to the tests.
