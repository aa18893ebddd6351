"""Tables, queues, blobs and secrets: thin and typed over the Azure SDKs, knowing no domain word."""
