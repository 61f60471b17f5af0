"""The ground floor: errors, shape formulas, randomness, threads. Imports nothing from amont."""
