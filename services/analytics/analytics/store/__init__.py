"""What analytics keeps in DynamoDB: keys, transactions, lists."""
