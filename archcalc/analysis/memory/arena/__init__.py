"""One arena for all maps of an inference, planned before it runs, as toolkits for microcontrollers do."""
