# What unit/phone adds to the tests.
