/// The readers of this folder, surest marks first.
let nginxDocuments: [any DocumentReader.Type] = []
let nginxStreams: [any StreamReader.Type] = [AccessLogReader.self, NginxErrorLogReader.self]
