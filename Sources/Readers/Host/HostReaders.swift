/// The readers of this folder, surest marks first.
let hostDocuments: [any DocumentReader.Type] = []
let hostStreams: [any StreamReader.Type] = []
