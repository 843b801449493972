"""What counting costs: the pure fold in CPU, its writes in what DynamoDB bills."""
