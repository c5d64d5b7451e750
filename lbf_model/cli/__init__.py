"""The command line: one small file per verb. What a benchmark adds comes from the registry; no benchmark is named here."""
