import Foundation
import Synchronization
import TidemarkCollectors
import TidemarkIngest
import TidemarkModel

/// A Redis server of the system on a free port, without a disk, for the time of a test.
final class RedisServerProcess {
  static let program = ["/usr/bin/redis-server", "/usr/local/bin/redis-server"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }

  /// Says so when there is none; for `.enabled(if:)`.
  static let isInstalled: Bool = {
    if program == nil { print("SKIPPED: no redis-server") }
    return program != nil
  }()

  struct NotStarted: Error {}

  let port: Int
  private let process = Process()

  init(password: String? = nil) throws {
    port = try RedisServerProcess.freePort()
    process.executableURL = URL(fileURLWithPath: RedisServerProcess.program ?? "")
    process.arguments =
      ["--port", "\(port)", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
      + (password.map { ["--requirepass", $0] } ?? [])
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    var said = ""
    while !said.contains("Ready to accept connections") {
      let data = output.fileHandleForReading.availableData
      guard !data.isEmpty else { throw NotStarted() }
      said += String(decoding: data, as: UTF8.self)
    }
  }

  /// Not `terminate()`: programs start with the signals blocked that are blocked in the thread that
  /// starts them, and SIGTERM then waits for ever.
  deinit { kill(process.processIdentifier, SIGKILL) }

  func address(_ credentials: String = "", database: Int = 2) throws -> RedisAddress {
    try RedisAddress(url: "redis://\(credentials)127.0.0.1:\(port)/\(database)")
  }

  private static func freePort() throws -> Int {
    let made = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(made) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr = in_addr(s_addr: UInt32(0x7F00_0001).bigEndian)
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let status = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe bind(made, $0, size) == 0 && getsockname(made, $0, &size) == 0
      }
    }
    guard status else { throw NotStarted() }
    return Int(UInt16(bigEndian: address.sin_port))
  }
}

/// Keeps records and state as a store does.
final class KeepingSink: BatchSink {
  struct State {
    var records: [[UInt8]: RecordValue] = [:]
    var states: [[UInt8]: [UInt8]] = [:]
    var sensors = [""]
    var batches = 0
  }

  struct Refused: Error {}

  let state = Mutex(State())
  private let isRefusing = Mutex(false)

  func refuse(_ isRefusing: Bool) { self.isRefusing.withLock { $0 = isRefusing } }

  func write(_ batch: RecordBatch) throws -> UInt64 {
    if isRefusing.withLock({ $0 }) { throw Refused() }
    return state.withLock { state in
      var created: UInt64 = 0
      for entry in batch.entries {
        let key = batch.withKey(of: entry) { key in key.indices.map { key[$0] } }
        let value = batch.value(of: entry)
        guard let old = state.records[key] else {
          state.records[key] = value
          created += 1
          continue
        }
        state.records[key] = RecordValue(
          timeFirst: min(old.timeFirst, value.timeFirst),
          timeLast: max(old.timeLast, value.timeLast), count: old.count + value.count)
      }
      for change in batch.stateChanges { state.states[change.key] = change.value }
      state.batches += 1
      return created
    }
  }

  func states(prefix: [UInt8]) throws -> [(key: [UInt8], value: [UInt8])] {
    state.withLock { state in
      state.states.filter { $0.key.starts(with: prefix) }.map { ($0.key, $0.value) }
    }
  }

  func sensor(named name: String) throws -> SensorNumber {
    state.withLock { state in
      if let at = state.sensors.firstIndex(of: name) { return SensorNumber(at) }
      state.sensors.append(name)
      return SensorNumber(state.sensors.count - 1)
    }
  }

  var records: Int { state.withLock { $0.records.count } }
  /// Counts of all records together.
  var count: UInt64 { state.withLock { $0.records.values.reduce(0) { $0 + $1.count } } }
}
