/// The readers of this folder.
let prometheusDocuments: [any DocumentReader.Type] = [
  PrometheusAnswerReader.self, PrometheusReader.self,
]
