# What faults adds to the tests.
