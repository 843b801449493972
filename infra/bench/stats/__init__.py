"""Whether statistics keep what they promise, in thousands of experiments that are made up."""
