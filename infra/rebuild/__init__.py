"""The archive, folded anew beside the present rollups, and compared with them."""
