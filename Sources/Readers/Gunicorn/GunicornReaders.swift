/// The readers of this folder, surest marks first.
let gunicornDocuments: [any DocumentReader.Type] = [
  GunicornConfigReader.self, GunicornCommandReader.self,
]
let gunicornStreams: [any StreamReader.Type] = [
  GunicornLogReader.self, ProcessListReader.self,
]
