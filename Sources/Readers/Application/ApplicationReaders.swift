/// The readers of this folder, surest marks first.
let applicationDocuments: [any DocumentReader.Type] = [
  ServiceStatusReader.self, ContainerStatusReader.self, PodDescriptionReader.self,
  PodObjectReader.self, PodEventsReader.self,
]
let applicationStreams: [any StreamReader.Type] = [ApplicationLogReader.self]
