# What unit/ui adds to the tests.
