package func redactSecrets(_ line: String) -> String { line }
