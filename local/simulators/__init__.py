"""Stand-ins for the services that the functions talk to: stateful, durable, with faults on demand."""
