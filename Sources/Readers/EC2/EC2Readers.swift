/// The readers of this folder, surest marks first.
let ec2Documents: [any DocumentReader.Type] = [
  InstanceStatusReader.self, CloudWatchReader.self, MetricTableReader.self, AlarmHistoryReader.self,
  AlarmStateReader.self, AWSNoticeReader.self, AWSMailReader.self, InstanceDescriptionReader.self,
]
let ec2Streams: [any StreamReader.Type] = []
