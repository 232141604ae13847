# What scripts adds to the tests.
