import Model

/// What a live look found none of.
extension IdentifiedEvidence {
  /// Whether every box that was looked at is known to run no such service, so that what is seen of the
  /// box itself cannot be that service's doing. One that the box's services use may be elsewhere.
  func isAbsentHere(_ kind: SubjectKind) -> Bool {
    let service: String
    switch kind {
    case .redis: service = "redis"
    case .app: service = "gunicorn"
    case .proxy: service = "nginx"
    case .instance, .host: return false
    }
    let boxes = subjects.indices.filter { subjects[$0].kind == .host && isSeen($0) }
    return !boxes.isEmpty
      && boxes.allSatisfy { box in
        let counts = (facts[box]["capture.services"] ?? []).filter { $0.part == service }
        return !counts.isEmpty && counts.allSatisfy { $0.value.number == 0 }
      }
      && !subjects.indices.contains { subjects[$0].kind == kind && isSeen($0) }
  }
}
