/// Facts that the Application readers record.
let applicationFacts: [FactGroup] = []
