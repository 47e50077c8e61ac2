/// Every fact a reader can record, declared once: name, unit, meaning, source, and the command that
/// gets it. Derived facts are declared beside their function, in Reasoning.
package struct Catalogue: Sendable {
  package let definitions: [String: FactDefinition]

  package init(groups: [FactGroup]) {
    var table: [String: FactDefinition] = [:]
    table.reserveCapacity(groups.reduce(0) { $0 + $1.definitions.count })
    for group in groups {
      for definition in group.definitions { table[definition.name] = definition }
    }
    definitions = table
  }

  package subscript(name: String) -> FactDefinition? { definitions[name] }

  /// What the readers record.
  package static let observed = Catalogue(
    groups: ec2Facts + redisFacts + gunicornFacts + nginxFacts + hostFacts + applicationFacts
      + serviceFacts + deployFacts)
}
