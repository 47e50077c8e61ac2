/// Every reader, once. Recognition asks them in this order; the surest wins, the earlier among
/// equals.
package enum ReaderTable {
  package static let documents: [any DocumentReader.Type] =
    ec2Documents + redisDocuments + gunicornDocuments + nginxDocuments + hostDocuments
    + prometheusDocuments + applicationDocuments

  package static let streams: [any StreamReader.Type] =
    ec2Streams + redisStreams + gunicornStreams + nginxStreams + hostStreams + applicationStreams
}
