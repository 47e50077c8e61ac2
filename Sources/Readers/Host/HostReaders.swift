/// The readers of this folder, surest marks first.
let hostDocuments: [any DocumentReader.Type] = [
  ConsoleOutputReader.self
]
let hostStreams: [any StreamReader.Type] = [KernelLogReader.self, SystemLogReader.self]
