# What unit/sip adds to the tests.
