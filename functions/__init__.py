"""What the cloud runs: one folder per verb, the same three names in each.

A start makes some 120,000 objects that stay, and requests leave few behind. By its own rule the
collector would look through them forty times before the first answer, which is a tenth of that
time. Here it waits until there may be something to find.
"""

import gc

gc.set_threshold(150_000)  # objects that were made, and have not gone again
