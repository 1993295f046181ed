"""The product: one verb a file. Each decides under the lock, writes, and records."""
