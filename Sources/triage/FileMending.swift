import Model
import Reasoning

#if canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Writes patched files: all of them beside the old ones first, then each takes the place of its old
/// one in one step, so that nobody ever reads half a file. Owner and mode stay.
struct FileMending {
  /// The files and folders that were linted: nothing outside them is written.
  let roots: [String]

  private struct Pending {
    let patch: FilePatch
    let target: String
    let temporary: String
  }

  init(paths: [String]) { roots = paths.compactMap(realPath) }

  /// The bytes of a file that may be changed.
  func bytes(of path: String) -> Result<[UInt8], FixRefusal> {
    do throws(FixRefusal) {
      let bytes = try fileBytes(try target(of: path))
      if bytes.starts(with: [0x1F, 0x8B]) { throw FixRefusal("it is compressed") }
      return .success(bytes)
    } catch {
      return .failure(error)
    }
  }

  /// The file itself, links resolved. A link that leads out of what was linted is not followed.
  private func target(of path: String) throws(FixRefusal) -> String {
    guard path != "-", let target = realPath(path) else { throw FixRefusal("it cannot be changed") }
    let isInside = roots.contains { root in
      target == root || target.hasPrefix(root == "/" ? "/" : root + "/")
    }
    guard isInside else { throw FixRefusal("a link leads out of what is linted") }
    return target
  }

  func write(_ patches: [FilePatch]) throws {
    var pending: [Pending] = []
    do {
      for patch in patches { pending.append(try prepare(patch)) }
      for one in pending {
        guard let now = try? fileBytes(one.target), now == Array(one.patch.lines.joined()) else {
          throw Failure("\(one.patch.path): it has changed in the meantime; nothing was written")
        }
      }
    } catch {
      for one in pending { unlink(one.temporary) }
      throw error
    }
    for (index, one) in pending.enumerated() where rename(one.temporary, one.target) != 0 {
      let reason = String(cString: strerror(errno))
      for rest in pending[index...] { unlink(rest.temporary) }
      throw Failure("\(one.patch.path): \(reason)")
    }
  }

  private func prepare(_ patch: FilePatch) throws -> Pending {
    func refuse(_ reason: String) -> Failure { Failure("\(patch.path): \(reason)") }
    let target: String
    do throws(FixRefusal) { target = try self.target(of: patch.path) } catch {
      throw refuse(error.reason)
    }
    var status = stat()
    guard stat(target, &status) == 0 else { throw refuse(String(cString: strerror(errno))) }
    let name = target.split(separator: "/").last.map(String.init) ?? ""
    let folder = parent(target) == "/" ? "" : parent(target)
    let temporary = "\(folder)/.\(name).triage-\(getpid())"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw refuse(String(cString: strerror(errno))) }
    var error = triage.write(patch.patched, to: descriptor)
    // Only root can give a file away; where it fails it is the same user's.
    _ = fchown(descriptor, status.st_uid, status.st_gid)
    if error == 0, fchmod(descriptor, status.st_mode & 0o7777) != 0 { error = errno }
    if error == 0, fsync(descriptor) != 0 { error = errno }
    if close(descriptor) != 0, error == 0 { error = errno }
    guard error == 0 else {
      unlink(temporary)
      throw refuse(String(cString: strerror(error)))
    }
    return Pending(patch: patch, target: target, temporary: temporary)
  }
}

private func realPath(_ path: String) -> String? {
  guard let resolved = realpath(path, nil) else { return nil }
  defer { free(resolved) }
  return String(cString: resolved)
}
