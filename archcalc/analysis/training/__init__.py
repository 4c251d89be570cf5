"""What it takes to train a network: iterations, FLOPs by three ways of counting, time, and how busy the devices are."""
