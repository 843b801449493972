"""What it costs to record, judge and write the spans of a decision."""
