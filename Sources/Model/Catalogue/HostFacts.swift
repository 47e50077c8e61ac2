/// Facts that the Host readers record.
let hostFacts: [FactGroup] = []
