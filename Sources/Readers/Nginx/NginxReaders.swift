/// The readers of this folder, surest marks first.
let nginxDocuments: [any DocumentReader.Type] = [
  NginxConfigReader.self, ProbeConfigReader.self, ApplicationConfigReader.self,
]
let nginxStreams: [any StreamReader.Type] = [AccessLogReader.self, NginxErrorLogReader.self]
