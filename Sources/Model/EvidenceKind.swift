/// What a piece of evidence is. The raw value is the name used in reports, JSON and docs.
package enum EvidenceKind: String, CaseIterable, Sendable {
  case instanceStatus = "ec2-instance-status"
  case instanceDescription = "ec2-instance-description"
  case cloudWatchMetric = "cloudwatch-metric"
  case alarmHistory = "cloudwatch-alarm-history"
  case alarmStates = "cloudwatch-alarms"
  case awsNotice = "aws-notice"
  case consoleOutput = "ec2-console-output"

  case redisInfo = "redis-info"
  case redisSlowlog = "redis-slowlog"
  case redisLog = "redis-log"
  case redisConfig = "redis-config"
  case redisClientList = "redis-client-list"
  case redisLatency = "redis-latency"
  case redisMemoryDoctor = "redis-memory-doctor"
  case redisKeySample = "redis-key-sample"
  case redisBigKeys = "redis-bigkeys"
  case redisReply = "redis-reply"

  case gunicornConfig = "gunicorn-config"
  case gunicornCommand = "gunicorn-command"
  case gunicornLog = "gunicorn-log"
  case processList = "process-list"

  case nginxConfig = "nginx-config"
  case nginxAccessLog = "nginx-access-log"
  case nginxErrorLog = "nginx-error-log"
  case haproxyConfig = "haproxy-config"
  case probeConfig = "probe-config"
  case applicationConfig = "application-config"
  case applicationLog = "application-log"

  case prometheusMetrics = "prometheus-metrics"
  case meminfo = "meminfo"
  case free = "free"
  case vmstat = "vmstat"
  case sysstat = "sysstat"
  case uptime = "uptime"
  case cpuCount = "cpu-count"
  case sysctl = "sysctl"
  case pressure = "pressure"
  case networkCounters = "network-counters"
  case diskSpace = "disk-space"
  case kernelLog = "kernel-log"
  case systemLog = "system-log"
  case cgroupMemory = "cgroup-memory"
  case serviceStatus = "service-status"
  case captureTime = "capture-time"
  case collectionManifest = "collection-manifest"

  case composeFile = "compose-file"
  case kubernetesManifest = "kubernetes-manifest"
  case taskDefinition = "task-definition"
  case serviceUnit = "service-unit"
  case terraform = "terraform"
  case cloudFormation = "cloudformation"

  /// A ticket or a chat, several kinds between sentences; or one stream of several services. No reader
  /// has it; its parts have theirs.
  case pastedText = "pasted-text"

  /// A file that sets up services of its own, each with its limits.
  package var holdsContainers: Bool {
    [.composeFile, .kubernetesManifest, .taskDefinition].contains(self)
  }
}
