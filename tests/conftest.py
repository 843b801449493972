"""What every test relies on."""

import moto.core.models  # noqa: F401  # hooks into sessions made after it: so it comes first
