"""What the tests in Python share; tests put their own folder's parent on the path."""
