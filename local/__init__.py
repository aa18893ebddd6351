"""Everything on one machine: storage emulator, simulators, functions host. `python -m local` runs it all."""
