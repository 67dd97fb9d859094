import ArgumentParser
import TidemarkAccess
import TidemarkControl

/// Who is served and who the sensors are, while a server or collector runs.
struct OpenGate {
  let access: AccessControl
  let tokenField: String?
  /// The sensors of the control database; nil where none is open.
  private(set) var sensors: SensorBook?
  /// Files that the process keeps open.
  private(set) var files: [String] = []
  private var keeper: ControlKeeper?

  /// Serves everybody, and knows no sensors.
  init(tokenField: String?) {
    access = .open
    self.tokenField = tokenField
  }

  /// Serves the holders of the tokens in a control database, and keeps an eye on it.
  ///
  /// - Throws: `ExitCode` after the reason was printed.
  init(_ path: String, tokenField: String?) throws {
    try self.init(path, tokenField: tokenField) { database in
      try AccessControl(directory: database) { Int64(StandardStreams.now()) }
    }
    if access.counts.tokens == 0 {
      StandardStreams.complain(
        "tidemark: \(path) has no valid token; tidemark token create makes one")
    }
  }

  /// Serves everybody, and knows the sensors of a control database.
  ///
  /// - Throws: `ExitCode` after the reason was printed.
  init(forSensors path: String, tokenField: String?) throws {
    try self.init(path, tokenField: tokenField) { _ in .open }
  }

  private init(
    _ path: String, tokenField: String?, access: (ControlDatabase) throws -> AccessControl
  ) throws {
    do {
      let database = try ControlDatabase(path: path, create: true)
      let book = try SensorBook(database) { StandardStreams.now() }
      self.access = try access(database)
      self.tokenField = tokenField
      sensors = book
      files = ["", "-wal", "-shm"].map { path + $0 }
      let keeper = ControlKeeper(self.access, book) { reason in
        let news = reason ?? "\(path): can be used again"
        StandardStreams.complain("tidemark: \(news)")
      }
      keeper.start()
      self.keeper = keeper
    } catch {
      StandardStreams.complain("tidemark: \(error)")
      throw ExitCode(ExitStatus.failure)
    }
  }

  /// Writes down what was used up to the end.
  func close() { keeper?.synchronize() }
}
