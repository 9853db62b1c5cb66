"""What would be lower, in kg CO2e and in money: packages, sets of cartons, reuse."""
