/// The kinds of thing a fact can be about.
package enum SubjectKind: String, CaseIterable, Sendable, Comparable {
  case instance, host, redis, app, proxy

  /// What services run on, not a service.
  package var isBox: Bool { self == .instance || self == .host }

  package static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}

/// A thing a fact is about, after identification: `instance i-0ab..`, `redis 10.0.3.7:6380`.
/// The name is `?` where the evidence names nobody.
package struct Subject: Hashable, Sendable, Comparable, CustomStringConvertible {
  package let kind: SubjectKind
  package let name: String

  /// The name of what the evidence names nowhere.
  package static let unknownName = "?"

  package init(_ kind: SubjectKind, _ name: String) {
    self.kind = kind
    self.name = name
  }

  package var description: String { "\(kind.rawValue) \(name)" }

  package static func < (a: Self, b: Self) -> Bool {
    (a.kind, a.name) < (b.kind, b.name)
  }
}

/// What a reader knows of a subject's identity.
package enum IdentityKey: Hashable, Sendable {
  /// Redis `run_id`: one life of one server process.
  case runID(String)
  /// EC2 instance id, `i-` and 8 or 17 hexadecimal digits.
  case instanceID(String)
  /// `10.0.3.7:6380`, never a loopback or wildcard address.
  case address(String)
  /// A listening port: merges only within one folder.
  case port(Int)
  case hostName(String)
  case containerID(String)
  /// A name given by configuration: a systemd unit, a compose service, `proc_name`.
  case serviceName(String)
  /// A file of the deployment that sets it up further, as it is named there.
  case configuredBy(String)
  /// A listening socket of the file system.
  case socket(String)

  /// Strong keys identify wherever the evidence came from.
  package var isStrong: Bool {
    switch self {
    case .runID, .instanceID, .address, .hostName, .containerID: true
    case .port, .serviceName, .configuredBy, .socket: false
    }
  }
}

/// A subject as one page of evidence sees it, before identification.
package struct SubjectClue: Sendable, Equatable {
  package let kind: SubjectKind
  package var keys: Set<IdentityKey>
  /// The life of the process, where the evidence states it: tells a restart from a second server.
  package var life: ClosedRange<Instant>?
  /// What must be true of the subject this evidence belongs to, e.g. `ec2.SystemStatus` = `impaired`
  /// for a status-check metric without dimensions whose last datapoint failed.
  package var agreesWith: [String: String]

  package init(
    _ kind: SubjectKind, keys: Set<IdentityKey> = [], life: ClosedRange<Instant>? = nil,
    agreesWith: [String: String] = [:]
  ) {
    self.kind = kind
    self.keys = keys
    self.life = life
    self.agreesWith = agreesWith
  }
}

/// How two subjects stand to each other.
package enum RelationKind: String, Sendable {
  /// app, redis or proxy on a host; host on an instance.
  case runsOn = "runs on"
  /// app to redis.
  case connectsTo = "connects to"
  /// proxy to app.
  case proxies = "proxies"
}
