/// The readers of this folder, surest marks first.
let gunicornDocuments: [any DocumentReader.Type] = []
let gunicornStreams: [any StreamReader.Type] = []
