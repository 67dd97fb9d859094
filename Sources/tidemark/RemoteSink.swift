import ArgumentParser
import Crypto
import Dispatch
import Synchronization
import TidemarkCollectors
import TidemarkIngest
import TidemarkModel

/// Batches to a running server, as COF over HTTP.
///
/// A batch's id is made of the source's content and position, so a batch that is sent again, in
/// this run or by a later import of the same content, is stored once. The server is asked for
/// nothing: an import that was interrupted sends everything again, and what is known is skipped.
final class RemoteSink: BatchSink {
  private let server: RemoteServer
  private let dataset: String
  private let vantage: String
  private let sensors = Mutex<[String]>([""])

  init(server: RemoteServer, dataset: String, vantage: String) {
    self.server = server
    self.dataset = dataset
    self.vantage = vantage
  }

  func states(prefix: [UInt8]) throws -> [(key: [UInt8], value: [UInt8])] { [] }

  /// Numbers of this run; the server has its own.
  func sensor(named name: String) throws -> SensorNumber {
    sensors.withLock { names in
      if let at = names.firstIndex(of: name) { return SensorNumber(at) }
      guard names.count <= SensorSet.numberMax else { return 0 }
      names.append(name)
      return SensorNumber(names.count - 1)
    }
  }

  func write(_ batch: RecordBatch) throws -> UInt64 {
    batch.sort()
    let id = identity(of: batch)
    var created: UInt64 = 0
    var part = 0
    var next = 0
    while next < batch.count {
      let body = body(of: batch, from: &next)
      created += try post(id: "\(id)-\(part)", body)
      part += 1
    }
    return created
  }

  private func identity(of batch: RecordBatch) -> String {
    var hash = SHA256()
    for change in batch.stateChanges {
      hash.update(data: change.key)
      hash.update(data: change.value ?? [])
    }
    return hash.finalize().map { octet in
      let digits = String(octet, radix: 16)
      return digits.count < 2 ? "0" + digits : digits
    }.joined()
  }

  /// Rows from entry `next` on, as many as one request may hold.
  private func body(of batch: RecordBatch, from next: inout Int) -> [UInt8] {
    let names = sensors.withLock { $0 }
    var writer = ObservationLineWriter(dataset: nil) { number in
      Int(number) < names.count ? names[Int(number)] : nil
    }
    var body: [UInt8] = []
    // A row of the largest rdata stays below this reserve. Ids count bodies: the place of the cut
    // must not change.
    while next < batch.count,
      body.count < ObservationFeed.bodyOctetsMax - COFReader.objectOctetsMax
    {
      let entry = batch.entries[next]
      batch.withKey(of: entry) { key in
        _ = writer.append(key: key, value: batch.value(of: entry), to: &body)
      }
      next += 1
    }
    return body
  }

  /// Sends a body and waits. Called on the batch writer's thread, which has nothing else to do.
  private func post(id: String, _ body: [UInt8]) throws -> UInt64 {
    let done = DispatchSemaphore(value: 0)
    let box = ResultBox()
    Task.detached { [server, dataset, vantage] in
      do {
        let text = try await server.postObservations(
          batchID: id, parameters: [("dataset", dataset), ("vantage", vantage)], body: body)
        box.result.withLock { $0 = .success(text) }
      } catch {
        box.result.withLock { $0 = .failure(error) }
      }
      done.signal()
    }
    done.wait()
    guard let outcome = box.result.withLock({ $0 }) else { return 0 }
    return RelayAnswer.number("stored", in: try outcome.get())
  }

  private final class ResultBox: Sendable {
    let result = Mutex<Result<String, any Error>?>(nil)
  }
}

extension ImportCommand {
  /// Reads the files here and sends what they say to a server.
  func importToServer(_ remote: RemoteServer, _ summary: inout ImportSummary) throws {
    let sink = RemoteSink(server: remote, dataset: dataset, vantage: vantage)
    let origin = ObservationOrigin(
      dataset: .main, sensor: try sink.sensor(named: sensor),
      vantage: Vantage(name: vantage) ?? .client)
    importFiles(options: try runOptions(origin), sink: sink, spoolFolder: ".", &summary)
  }
}
