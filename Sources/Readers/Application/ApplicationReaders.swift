/// The readers of this folder, surest marks first.
let applicationDocuments: [any DocumentReader.Type] = []
let applicationStreams: [any StreamReader.Type] = []
