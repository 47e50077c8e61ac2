/// The readers of this folder.
let prometheusDocuments: [any DocumentReader.Type] = [PrometheusReader.self]
