"""The command line: one small file a verb. What a benchmark adds comes from the registry; no benchmark is named here."""
