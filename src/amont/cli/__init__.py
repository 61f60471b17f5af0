"""The command line: `amont train`, `amont evaluate`, `amont data`, …"""
