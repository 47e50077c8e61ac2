/// The readers of this folder, surest marks first.
let redisDocuments: [any DocumentReader.Type] = []
let redisStreams: [any StreamReader.Type] = []
